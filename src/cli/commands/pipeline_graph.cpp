// SPDX-License-Identifier: Apache-2.0
// `runlake pipeline graph`
#include "ops/pipeline_graph.hpp"

#include <array>

#include "cli/command.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--format", .value = "FORMAT", .help = "What to print: a drawing, or the table of what is written where", .choices = "mermaid|dot|layout"},
    {.names = "--param", .value = "NAME=VALUE", .help = "Set a param of the file, or of one stage as STAGE.NAME=VALUE", .repeats = true},
});
constexpr std::array k_arguments = std::to_array<Argument>({{.name = "FILE", .help = "Pipeline file"}});

core::Result<int> run(Invocation& inv) {
    const ops::PipelineSource source{*inv.value("FILE"), std::nullopt, inv.values("--param")};
    if (inv.json()) {
        RL_ASSIGN(core::Json record, ops::pipeline_graph_json(source));
        inv.answer(std::move(record));
        return 0;
    }
    const std::string format = inv.value("--format").value_or("mermaid");
    RL_ASSIGN(const std::string text, ops::pipeline_graph(source, format == "dot" ? ops::GraphFormat::dot : format == "layout" ? ops::GraphFormat::layout : ops::GraphFormat::mermaid));
    inv.out(text);
    return 0;
}

}  // namespace

extern const Command k_pipeline_graph = {
    .name = "pipeline graph", .summary = "Draw the stages of a pipeline, or the table of its layout", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
