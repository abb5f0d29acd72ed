// SPDX-License-Identifier: Apache-2.0
// `runlake pipeline bless`
#include "ops/pipeline_bless.hpp"

#include <array>

#include "cli/command.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

using core::cat;

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--run-dir", .value = "DIR", .help = "Run directory whose result stands"},
    {.names = "--because", .value = "TEXT", .help = "Why the change does not matter; kept with the result"},
    {.names = "--param", .value = "NAME=VALUE", .help = "Bless for this param", .repeats = true},
});
constexpr std::array k_arguments = std::to_array<Argument>({{.name = "STAGE", .help = "Stage, or one instance of it: fit[fold=2020]"}});

core::Result<int> run(Invocation& inv) {
    ops::PipelineBlessRequest request;
    request.stage = *inv.value("STAGE");
    if (!inv.value("--run-dir")) { return core::Error(core::Errc::usage, "--run-dir is missing: which run directory's result stands?"); }
    request.run_dir = *inv.value("--run-dir");
    request.because = inv.value("--because").value_or("");
    request.store = inv.value("--store");
    request.params = inv.values("--param");
    RL_ASSIGN(const ops::PipelineBlessResponse response, ops::pipeline_bless(request));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    for (const ops::BlessedInstance& one : response.blessed) {
        inv.out(cat(one.which.str(), ": the result of run ", one.run_id.brief(), " stands for key ", one.after.hex().substr(0, 12), " (was ", one.before.hex().substr(0, 12), ")\n"));
        for (const rundir::ComponentChange& change : one.changes) { inv.out(cat("    ", pipeline::describe(change), '\n')); }
    }
    for (const std::string& line : response.left) { inv.say(cat("left: ", line)); }
    return 0;
}

}  // namespace

extern const Command k_pipeline_bless = {
    .name = "pipeline bless", .summary = "Accept a cosmetic change: what a stage made stands after it", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
