// SPDX-License-Identifier: Apache-2.0
// `runlake pipeline import`
#include "ops/pipeline_import.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = std::to_array<Option>({
    {.names = "-o,--output", .value = "FILE", .help = "Write the pipeline file there, and take over what dvc.lock says is done; without it the text is printed"},
});
constexpr std::array k_arguments = std::to_array<Argument>({{.name = "FILE", .help = "dvc.yaml"}});

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto response, ops::pipeline_import({*inv.value("FILE"), inv.value("--output"), inv.value("--store")}));
    const int status = response.is_whole() ? 0 : 1;
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return status;
    }
    for (const auto& remark : response.remarks) { inv.say(core::cat(response.file, ':', remark.at.line, ':', remark.at.column, ": ", remark.lost ? "" : "note: ", remark.what)); }
    for (const std::string& note : response.notes) { inv.say(core::cat("note: ", note)); }
    if (!response.output) {
        inv.out(response.text);
        return status;
    }
    inv.out(core::cat(*response.output, ": ", counted(response.stages.size(), "stage"), ", ", response.done.size(), " of them done already",
                      response.run_dir ? core::cat(" (taken over in ", *response.run_dir, ')') : "", '\n'));
    return status;
}

}  // namespace

extern const Command k_pipeline_import = {
    .name = "pipeline import", .summary = "Turn a dvc.yaml into a pipeline file, and take over what is done", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
