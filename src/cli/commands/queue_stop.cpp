// SPDX-License-Identifier: Apache-2.0
// `runlake queue stop`
#include <array>

#include "cli/command.hpp"
#include "cli/commands/queue_shared.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {k_grace_option, Option{.names = "--force", .value = "", .help = "end the program at once, without asking it first"}};
constexpr std::array k_arguments = {k_jobs_argument};

core::Result<int> run(Invocation& inv) {
    ops::QueueStopRequest request;
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    request.jobs = inv.values("ID");
    request.force = inv.flag("--force");
    RL_ASSIGN(request.grace, stop_grace(inv));
    request.say = say_to(inv);
    RL_ASSIGN(const ops::QueueEndResponse response, ops::queue_stop(request));
    return answer_ended(inv, response);
}

}  // namespace

extern const Command k_queue_stop = {
    .name = "queue stop", .summary = "End jobs that run, or take queued ones off", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
