// SPDX-License-Identifier: Apache-2.0
// `runlake pipeline check`
#include "ops/pipeline_check.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--param", .value = "NAME=VALUE", .help = "Set a param of the file, or of one stage as STAGE.NAME=VALUE", .repeats = true},
});
constexpr std::array k_arguments = std::to_array<Argument>({{.name = "FILE", .help = "Pipeline file"}});

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto response, ops::pipeline_check({*inv.value("FILE"), std::nullopt, inv.values("--param")}));
    const int status = response.passed() ? 0 : 1;
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return status;
    }
    for (const auto& problem : response.problems) { inv.out(core::cat(problem.message, problem.fatal ? "" : " (the stage is optional)", '\n')); }
    const std::string size = core::cat(counted(response.stages, "stage"), ", ", counted(response.instances, "instance"), ", ",
                                       counted(response.inputs, "input"), " from outside");
    inv.out(core::cat(response.file, ": ", size, response.problems.empty() ? ": all there" : core::cat(": ", counted(response.problems.size(), "problem")), '\n'));
    return status;
}

}  // namespace

extern const Command k_pipeline_check = {
    .name = "pipeline check", .summary = "Check a pipeline file, and that every outside input is there", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
