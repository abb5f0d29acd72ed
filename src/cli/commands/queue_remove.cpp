// SPDX-License-Identifier: Apache-2.0
// `runlake queue remove`
#include <array>

#include "cli/command.hpp"
#include "cli/commands/queue_shared.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_arguments = {k_jobs_argument};

core::Result<int> run(Invocation& inv) {
    ops::QueueRemoveRequest request;
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    request.jobs = inv.values("ID");
    request.say = say_to(inv);
    RL_ASSIGN(const ops::QueueEndResponse response, ops::queue_remove(request));
    return answer_ended(inv, response);
}

}  // namespace

extern const Command k_queue_remove = {
    .name = "queue remove", .summary = "Abandon jobs that have not begun", .options = {}, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
