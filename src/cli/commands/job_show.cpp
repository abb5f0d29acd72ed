// SPDX-License-Identifier: Apache-2.0
// `runlake job show`
#include "ops/job_show.hpp"

#include <algorithm>
#include <array>

#include "cli/command.hpp"
#include "cli/commands/job_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_arguments = {k_job_argument};

std::string state_point_text(const core::Json& state_point) {
    core::JsonObject members = *state_point.as_object();
    std::ranges::sort(members, {}, &core::JsonMember::first);
    std::string text;
    for (const auto& [name, value] : members) { text += core::cat("  ", render::harmless_line(name), " = ", render::harmless_line(core::to_json(value)), '\n'); }
    return text.empty() ? "  (empty)\n" : text;
}

std::string status_text(const ops::JobShowResponse& response, bool color) {
    std::string text = render::painted(render::harmless_line(response.job.status), job_tone(response.job.status), color);
    switch (response.life) {
        case jobs::Life::abandoned: return text + " (its runner and its program have gone)";
        case jobs::Life::unwatched: return text + " (its runner has gone, its program lives)";
        case jobs::Life::unknown: return text + " (by another tool: whether it lives can't be told)";
        default: return text;
    }
}

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const record::Store store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const ops::JobShowResponse response, ops::job_show(store, inv.value("ID").value_or("")));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    const jobs::Job& job = response.job.job;
    inv.out(core::cat("job ", job.id.str(), '\n'));
    const auto line = [&](std::string_view label, std::string_view value) {
        inv.out(core::cat("  ", label, std::string(label.size() < 12 ? 12 - label.size() : 1, ' '), value, '\n'));
    };
    const auto line_if = [&](std::string_view label, std::string_view name) {
        const core::Json* value = job.document.find(name);
        if (value != nullptr && !value->is_null()) { line(label, value_text(value)); }
    };
    line("status", status_text(response, inv.color()));
    line("experiment", render::harmless_line(jobs::experiment_of(job).value_or("-")));
    line("hypothesis", render::harmless_line(jobs::hypothesis_of(job).value_or("-")));
    line("batch", render::harmless_line(jobs::batch_slug(job)));
    line("folder", render::harmless_line(response.job.folder));
    line_if("created", jobs::key::created_at);
    line_if("started", jobs::key::started_at);
    line_if("heartbeat", jobs::key::heartbeat_at);
    line_if("ended", jobs::key::ended_at);
    line_if("wallclock_s", jobs::key::wallclock_s);
    if (response.own.run) { line("run", response.own.run->str()); }
    if (response.own.exit_status) { line("exit status", core::cat(*response.own.exit_status)); }
    if (const core::Json* tracker = job.document.find(jobs::key::tracker)) { line("tracker", value_text(tracker->find("url") != nullptr && !tracker->find("url")->is_null() ? tracker->find("url") : tracker->find("run_id"))); }
    for (const std::string& log : response.logs) { line("log", render::harmless_line(log)); }
    if (response.error) { line("error", render::harmless_line(*response.error)); }
    inv.out("state point\n");
    inv.out(state_point_text(job.state_point));
    if (response.stderr_tail && !response.stderr_tail->empty()) {
        inv.out("end of its output\n");
        const std::string tail = render::harmless_text(*response.stderr_tail);
        for (const std::string_view part : core::split(core::trim(tail), '\n')) { inv.out(core::cat("  ", part, '\n')); }
    }
    return 0;
}

}  // namespace

extern const Command k_job_show = {.name = "job show", .summary = "Show a job: its state point, how far it is and why it failed", .options = {}, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
