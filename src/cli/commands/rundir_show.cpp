// SPDX-License-Identifier: Apache-2.0
// `runlake rundir show`
#include "ops/rundir_show.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/rundir_shared.hpp"
#include "cli/commands/runs_shared.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {k_utc_option, k_local_option};
constexpr std::array k_arguments = {k_rundir_argument};

std::string attempts_text(const ops::RundirShowResponse& response) {
    const rundir::Attempts& now = response.status.attempts;
    std::string text = core::cat(response.attempts.size() + 1);
    if (now.living > 0) { text += core::cat(", ", now.living, " at work now"); }
    if (now.dead > 0) { text += ", the last one died"; }
    return text;
}

std::string head(const ops::RundirShowResponse& response, const TimeFormat& time, const Invocation& inv) {
    const rundir::RunDirInfo& info = response.run_dir.info();
    const std::string_view state = rundir::state_name(response.status.state);
    std::string text = core::cat(render::harmless_line(response.name), '\n');
    const auto line = [&](std::string_view label, std::string_view value) { text += core::cat("  ", label, std::string(label.size() < 12 ? 12 - label.size() : 1, ' '), value, '\n'); };
    line("state", render::painted(state, rundir_tone(state), inv.color()));
    line("experiment", info.experiment_key);
    line("run", info.run_id.str());
    line("created", core::cat(time.full(info.created_at), info.host.empty() ? "" : core::cat(" on ", render::harmless_line(info.host))));
    if (!info.pipeline_file.empty()) { line("pipeline", render::harmless_line(info.pipeline_file)); }
    line("attempts", attempts_text(response));
    line("results", core::cat(counted(response.files, "file"), ", ", bytes_text(response.bytes)));
    if (response.pinned) { line("pinned", response.pinned->empty() ? "yes" : render::harmless_line(*response.pinned)); }
    return text;
}

std::string remark(const rundir::InstanceStatus& instance) {
    if (!instance.problem.empty()) { return instance.problem; }
    if (!instance.done) { return instance.holder ? core::cat("process ", instance.holder->process.pid) : ""; }
    if (instance.done->cached_from) { return core::cat("from ", *instance.done->cached_from); }
    if (instance.done->blessed_because) { return core::cat("blessed: ", *instance.done->blessed_because); }
    return instance.done->inputs_changed ? "its inputs changed meanwhile" : "";
}

std::string stages_table(const ops::RundirShowResponse& response, const TimeFormat& time, const Invocation& inv) {
    std::vector<render::Row> rows;
    for (const rundir::InstanceStatus& instance : response.status.instances) {
        const std::string_view state = rundir::state_name(instance.state);
        const auto& done = instance.done;
        rows.push_back({{instance.which.stage},
                        {instance.which.instance},
                        {std::string(state), rundir_tone(state)},
                        {done ? core::group_thousands(static_cast<std::int64_t>(done->files)) : "-"},
                        {done ? core::group_thousands(static_cast<std::int64_t>(done->bytes)) : "-"},
                        {done ? time.brief(done->finished_at) : "-"},
                        {done ? done->run_id.brief() : "-"},
                        {remark(instance)}});
    }
    return render::table({{.title = "Stage"},
                          {.title = "Instance", .may_shrink = true},
                          {.title = "State"},
                          {.title = "Files", .align = render::Align::right},
                          {.title = "Bytes", .align = render::Align::right},
                          {.title = "Finished"},
                          {.title = "Run ID"},
                          {.title = "Remark", .may_shrink = true}},
                         rows, {.color = inv.color(), .width = inv.width()});
}

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const TimeFormat time, TimeFormat::of(inv));
    RL_ASSIGN(const ops::RundirShowResponse response, ops::rundir_show({.path = inv.value("DIR").value_or(""), .check = rundir::Check::records, .store_dir = std::nullopt}));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    inv.out(head(response, time, inv));
    inv.out(stages_table(response, time, inv));
    return 0;
}

}  // namespace

extern const Command k_rundir_show = {
    .name = "rundir show", .summary = "Show what a run directory is and the state of each stage in it", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
