// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/queue_shared.hpp"

#include "cli/output.hpp"
#include "core/text.hpp"

namespace runlake::cli {

using core::cat;

jobs::QueueFilter queue_filter(const Invocation& inv) { return {.experiment = inv.value("--experiment"), .tag = inv.value("--tag"), .terminal = false}; }

core::Result<std::optional<std::chrono::seconds>> stop_grace(const Invocation& inv) {
    const std::optional<std::string> given = inv.value("--grace");
    if (!given) { return std::optional<std::chrono::seconds>(); }
    if (inv.flag("--force")) { return core::Error(core::Errc::usage, "--grace says how long to wait, --force not to wait: one of them"); }
    core::Result<std::int64_t> seconds = core::parse_duration_s(*given);
    if (!seconds.ok()) { return std::move(seconds).take_error().context("--grace"); }
    if (seconds.value() > jobs::k_most_grace.count()) { return core::Error(core::Errc::usage, "--grace: it is at most 1d"); }
    return std::optional(std::chrono::seconds(seconds.value()));
}

ops::Say say_to(Invocation& inv) {
    return [&inv](std::string_view line) { inv.say(render::harmless_line(line)); };
}

core::Result<int> answer_ended(Invocation& inv, const ops::QueueEndResponse& response) {
    if (inv.json()) {
        inv.answer(ops::to_json(response));
    } else {
        for (const ops::EndedQueued& one : response.ended) {
            const std::string status(jobs::status_name(jobs::status_of(one.job.document).value_or(jobs::JobStatus::created)));
            std::string line = cat(status, ' ', one.job.id.brief());
            switch (one.how) {
                case ops::HowEnded::had_ended: line = cat(one.job.id.brief(), " was ", status, " already: nothing is changed"); break;
                case ops::HowEnded::taken_off: line += ": it had not begun"; break;
                case ops::HowEnded::was_running: line += ": it was running"; break;
                case ops::HowEnded::was_lost: line += ": whoever ran it had gone"; break;
            }
            inv.out(cat(line, '\n'));
            if (!one.note.empty()) { inv.say(render::harmless_line(one.note)); }
        }
    }
    if (response.refused.empty()) { return 0; }
    if (response.refused.size() == 1 && response.ended.empty() && !inv.json()) { return response.refused[0]; }
    for (const core::Error& error : response.refused) { write_stderr(cat("runlake: ", render::harmless_line(error.message()), '\n')); }
    return core::exit_status(response.refused[0].code());
}

}  // namespace runlake::cli
