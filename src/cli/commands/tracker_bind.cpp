// SPDX-License-Identifier: Apache-2.0
// `runlake tracker bind`
#include <array>

#include "cli/command.hpp"
#include "core/text.hpp"
#include "ops/tracker.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--backend", .value = "NAME", .help = "Which tracker: mlflow, wandb, or noop (default), a file beside the job", .choices = "noop|mlflow|wandb"},
    {.names = "--run", .value = "ID", .help = "The tracker's id of its run"},
    {.names = "--project", .value = "NAME", .help = "The tracker's project (of MLflow: experiment)"},
    {.names = "--group", .value = "NAME", .help = "Under which it is grouped there (default: the job's batch)"},
    {.names = "--url", .value = "URL", .help = "Where people see it"},
    {.names = "--from", .value = "DIR", .help = "File store of MLflow (mlruns) in which --run is looked up by id or name"},
});
constexpr std::array k_arguments = std::to_array<Argument>({{.name = "ID", .help = "The job's id, or the beginning of it"}});

core::Result<int> run(Invocation& inv) {
    ops::TrackerBindRequest request{.store = inv.value("--store"), .job = *inv.value("ID")};
    const std::string backend = inv.value("--backend").value_or("noop");
    request.backend = backend == "mlflow" ? kb::Backend::mlflow : backend == "wandb" ? kb::Backend::wandb : kb::Backend::noop;
    request.run = inv.value("--run");
    request.project = inv.value("--project");
    request.group = inv.value("--group");
    request.url = inv.value("--url");
    request.from = inv.value("--from");
    RL_ASSIGN(const auto response, ops::tracker_bind(request, os::system_clock(), [&](std::string_view line) { inv.say(line); }));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    inv.out(core::cat("bound ", backend, ": run_id=", response.pointer.run_id, " group=", response.pointer.group.value_or("-"), '\n'));
    if (response.pointer.url) { inv.out(core::cat(*response.pointer.url, '\n')); }
    return 0;
}

}  // namespace

extern const Command k_tracker_bind = {
    .name = "tracker bind", .summary = "Note where another tool keeps what a job logged", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
