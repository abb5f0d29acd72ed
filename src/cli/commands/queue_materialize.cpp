// SPDX-License-Identifier: Apache-2.0
// `runlake queue materialize`
#include "ops/queue_materialize.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/queue_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--runner", .value = "KIND", .help = "what the script is for (shell)", .choices = "shell|slurm|manual"},
    Option{.names = "-o,--output", .value = "FILE", .help = "where it goes (run_queue.sh)"},
    k_experiment_filter,
    k_queue_tag_filter,
    k_slurm_option,
};

core::Result<int> run(Invocation& inv) {
    ops::QueueMaterializeRequest request;
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    request.filter = queue_filter(inv);
    request.output = inv.value("--output").value_or(request.output);
    request.slurm = inv.values("--slurm");
    const std::string runner = inv.value("--runner").value_or("shell");
    request.kind = runner == "slurm" ? jobs::ScriptKind::slurm : runner == "manual" ? jobs::ScriptKind::manual : jobs::ScriptKind::shell;
    RL_ASSIGN(const ops::QueueMaterializeResponse response, ops::queue_materialize(request));
    for (const std::string& why : response.left) { inv.say(why); }
    for (const std::string& note : response.notes) { inv.say(note); }
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    const std::string path = render::harmless_line(response.path);
    inv.out(core::cat("wrote ", response.jobs.size(), response.jobs.size() == 1 ? " job" : " jobs", " to ", path, '\n'));
    if (runner != "manual") { inv.out(core::cat("run it with: ", runner == "slurm" ? "sbatch " : "", path, '\n')); }
    return 0;
}

}  // namespace

extern const Command k_queue_materialize = {
    .name = "queue materialize", .summary = "Write a script that runs what is queued", .options = k_options, .arguments = {}, .run = run};

}  // namespace runlake::cli
