// SPDX-License-Identifier: Apache-2.0
// `runlake queue clear`
#include <array>

#include "cli/command.hpp"
#include "cli/commands/queue_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    k_experiment_filter,
    k_queue_tag_filter,
    k_grace_option,
    Option{.names = "--force", .value = "", .help = "end programs at once, without asking them first"},
    Option{.names = "-y,--yes", .value = "", .help = "do not ask"},
};

core::Result<int> run(Invocation& inv) {
    ops::QueueClearRequest request;
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    request.filter = queue_filter(inv);
    request.force = inv.flag("--force");
    RL_ASSIGN(request.grace, stop_grace(inv));
    request.say = say_to(inv);
    request.confirm = [&](std::size_t queued, std::size_t running) {
        const std::string ended = running == 0 ? "" : core::cat(" and end ", running, running == 1 ? " that runs" : " that run");
        return inv.confirm(core::cat("Abandon ", queued, queued == 1 ? " queued job" : " queued jobs", ended, "?"));
    };
    RL_ASSIGN(const ops::QueueClearResponse response, ops::queue_clear(request));
    if (response.declined) {
        inv.say("nothing was changed (--yes goes on without asking)");
        return 1;
    }
    RL_ASSIGN(const int status, answer_ended(inv, response.done));
    if (!inv.json() && response.done.ended.empty() && response.done.refused.empty()) { inv.out("Nothing is queued.\n"); }
    return status;
}

}  // namespace

extern const Command k_queue_clear = {
    .name = "queue clear", .summary = "Abandon all that is queued, and end what runs", .options = k_options, .arguments = {}, .run = run};

}  // namespace runlake::cli
