// SPDX-License-Identifier: Apache-2.0
// `runlake pipeline status`
#include "ops/pipeline_status.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

using core::cat;
using rundir::State;

constexpr std::array k_arguments = std::to_array<Argument>({{.name = "DIR", .help = "Run directory"}});

render::Tone tone_of(State state) {
    switch (state) {
        case State::done: return render::Tone::good;
        case State::corrupt:
        case State::abandoned: return render::Tone::bad;
        case State::running:
        case State::partial: return render::Tone::warn;
        case State::absent: return render::Tone::faint;
    }
    return render::Tone::plain;
}

std::string remark(const ops::StatusRow& row) {
    std::vector<std::string> remarks;
    if (!row.is_declared) { remarks.emplace_back("no stage of the pipeline now"); }
    if (!row.status.problem.empty()) { remarks.push_back(row.status.problem); }
    if (!row.status.differences.empty()) { remarks.push_back(cat(row.status.differences.front().path, " is not as published")); }
    if (row.nondeterministic) { remarks.emplace_back("nondeterministic"); }
    if (row.status.done && row.status.done->inputs_changed) { remarks.emplace_back("inputs changed while it ran"); }
    if (row.status.done && row.status.done->cached_from) { remarks.push_back(cat("from ", *row.status.done->cached_from)); }
    if (row.status.done && row.status.done->blessed_because) { remarks.push_back(cat("blessed: ", *row.status.done->blessed_because)); }
    if (row.status.state == State::running && row.status.holder) { remarks.push_back(cat("process ", row.status.holder->process.pid)); }
    return remarks.empty() ? "-" : core::join(remarks, "; ");
}

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const ops::PipelineStatusResponse response, ops::pipeline_status({*inv.value("DIR"), inv.value("--store")}));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    std::vector<render::Row> rows;
    for (const ops::StatusRow& row : response.rows) {
        const auto& done = row.status.done;
        rows.push_back({{row.status.which.str()},
                        {std::string(rundir::state_name(row.status.state)), tone_of(row.status.state)},
                        {done ? done->run_id.brief() : "-"},
                        {done ? cat(core::format_iso(done->finished_at).substr(0, 10), ' ', core::format_iso(done->finished_at).substr(11, 8)) : "-"},
                        {done ? core::group_thousands(static_cast<std::int64_t>(done->files)) : "-"},
                        {done ? core::group_thousands(static_cast<std::int64_t>(done->bytes)) : "-"},
                        {done ? done->isolation : "-"},
                        {remark(row)}});
    }
    using render::Align;
    inv.out(render::table({{.title = "Stage"}, {.title = "State"}, {.title = "Run ID"}, {.title = "Finished (UTC)"}, {.title = "Files", .align = Align::right},
                           {.title = "Bytes", .align = Align::right}, {.title = "Isolation"}, {.title = "Remarks", .may_shrink = true}},
                          rows, {.color = inv.color(), .width = inv.width()}));
    inv.out(cat(response.state.run_dir_name(), ": ", rundir::state_name(response.whole), "\n"));
    return 0;
}

}  // namespace

extern const Command k_pipeline_status = {
    .name = "pipeline status", .summary = "Show what of a run directory is made", .options = {}, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
