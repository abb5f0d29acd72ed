// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_recover.hpp"

#include <limits>
#include <set>

#include "core/text.hpp"
#include "record/recorder.hpp"
#include "runs/query_text.hpp"

namespace runlake::ops {
namespace {

using core::cat;

struct Candidate {
    core::RunId id;
    std::string stage;
    core::Timestamp started_at;
    OpenRun open;
};

constexpr std::string_view k_select =
    "SELECT r.run_id, r.stage, r.started_at, d.machine, d.recorder_boot, d.recorder_pid_ns, d.recorder_pid, d.recorder_ticks, d.watched_boot, "
    "d.watched_pid_ns, d.watched_pid, d.watched_ticks, greatest(r.started_at, (SELECT max(m.logged_at) FROM run_metrics m WHERE m.run_id = r.run_id), "
    "(SELECT max(n.logged_at) FROM run_notes n WHERE n.run_id = r.run_id), (SELECT max(e.logged_at) FROM run_errors e WHERE e.run_id = r.run_id)) "
    "FROM runs r JOIN run_details d ON d.run_id = r.run_id WHERE r.status = 'running'";

os::ProcessId process_at(const sql::Rows& rows, std::size_t boot) {
    os::ProcessId process;
    process.machine = rows.text_if(3).value_or("");
    process.boot = rows.text_if(boot).value_or("");
    process.pid_ns = static_cast<std::uint64_t>(rows.integer_if(boot + 1).value_or(0));
    const std::int64_t pid = rows.integer_if(boot + 2).value_or(0);
    process.pid = pid > 0 && pid <= std::numeric_limits<pid_t>::max() ? static_cast<pid_t>(pid) : 0;
    process.start_ticks = static_cast<std::uint64_t>(rows.integer_if(boot + 3).value_or(0));
    return process;
}

core::Result<std::vector<Candidate>> open_runs(const RunsScope& scope, Notes& notes) {
    RL_ASSIGN(runs::Session session, runs::Session::open(scope.store));
    notes.assign(session.notes().begin(), session.notes().end());
    std::vector<Candidate> found;
    runs::QueryText query;
    query.add(k_select);
    if (scope.tenant) { query.add(" AND r.tenant_id = ").bind(*scope.tenant); }
    query.add(" ORDER BY r.started_at, d.started_segment, d.started_offset");
    RL_TRY(runs::each_row(session.connection(), query, [&](const sql::Rows& rows) {
        OpenRun open{process_at(rows, 4), std::nullopt, rows.time(12)};
        if (!rows.is_null(10)) { open.watched = process_at(rows, 8); }
        found.push_back({rows.run_id(0), std::string(rows.text(1)), rows.time(2), std::move(open)});
        return core::ok();
    }));
    return found;
}

std::string explain(const Candidate& run, Fate fate) {
    const pid_t pid = run.open.watched ? run.open.watched->pid : run.open.recorder.pid;
    switch (fate) {
        case Fate::killed: return cat("killed: process ", pid, " is gone, and so is its recorder; nobody recorded an end");
        case Fate::host_lost: return cat("host lost: the machine has started again since process ", pid, " ran");
        default: return cat("unknown: process ", pid, " can't be looked at from here, and nothing was heard of it since ", core::format_iso(run.open.last_said));
    }
}

record::EndRecord presumed_end(const Candidate& run, Fate fate, core::Timestamp now) {
    record::EndRecord end{.header = {.run = run.id, .at = now, .n = 0}};
    end.state = record::RunState::abandoned;
    end.duration_seconds = static_cast<double>(std::max<std::int64_t>(0, now.micros - run.started_at.micros)) / 1e6;
    end.error = record::cut_error(explain(run, fate));
    end.presumed = true;
    end.presumption = std::string(fate_name(fate));
    return end;
}

}  // namespace

std::string_view fate_name(Fate fate) {
    switch (fate) {
        case Fate::running: return "running";
        case Fate::unwatched: return "unwatched";
        case Fate::killed: return "killed";
        case Fate::host_lost: return "host_lost";
        case Fate::unknown: return "unknown";
        case Fate::elsewhere: return "elsewhere";
    }
    return "elsewhere";
}

bool is_closed(Fate fate) { return fate == Fate::killed || fate == Fate::host_lost || fate == Fate::unknown; }

Fate judge(const OpenRun& run, const Judge& judge) {
    const os::Liveness recorder = judge.liveness(run.recorder);
    if (recorder == os::Liveness::alive) { return Fate::running; }
    // A run recorded from inside has no process but its recorder.
    const os::ProcessId& process = run.watched ? *run.watched : run.recorder;
    const os::Liveness program = run.watched ? judge.liveness(process) : recorder;
    if (program == os::Liveness::alive) { return recorder == os::Liveness::dead ? Fate::unwatched : Fate::running; }
    if (program == os::Liveness::dead && recorder == os::Liveness::dead) { return process.boot == judge.boot ? Fate::killed : Fate::host_lost; }
    const bool heard_lately = !judge.unknown_after_s || judge.now.micros - run.last_said.micros <= *judge.unknown_after_s * 1'000'000;
    return heard_lately ? Fate::elsewhere : Fate::unknown;
}

core::Result<RunsRecoverResponse> runs_recover(const RunsRecoverRequest& request) {
    const core::Timestamp now = os::system_clock().now();
    const Judge here{os::boot_id(), now, request.unknown_after_s};
    RunsRecoverResponse response;
    RL_ASSIGN(const std::vector<Candidate> candidates, open_runs(request.scope, response.notes));
    bool any_closed = false;
    for (const Candidate& run : candidates) {
        response.runs.push_back({run.id, run.stage, run.started_at, judge(run.open, here)});
        any_closed = any_closed || is_closed(response.runs.back().fate);
    }
    if (!any_closed) { return response; }
    // A recorder that is gone now may have recorded the end after we looked: what is still open after we saw it gone has none.
    RL_ASSIGN(const std::vector<Candidate> again, open_runs(request.scope, response.notes));
    std::set<core::RunId> still_open;
    for (const Candidate& run : again) { still_open.insert(run.id); }
    const auto recorder = record::Recorder::open(request.scope.store, {.durability = request.durability, .warn_on_stderr = false});
    std::vector<RecoveredRun> kept;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const RecoveredRun& run = response.runs[i];
        if (!is_closed(run.fate)) {
            kept.push_back(run);
        } else if (still_open.contains(run.id)) {
            core::Status done = recorder->end_presumed(presumed_end(candidates[i], run.fate, now));
            if (!done.ok()) { return std::move(done).take_error().context(cat("recording the end of run ", run.id.brief())); }
            kept.push_back(run);
        }
    }
    response.runs = std::move(kept);
    return response;
}

core::Json to_json(const RunsRecoverResponse& response) {
    core::Json list = core::Json::array();
    std::int64_t closed = 0;
    for (const RecoveredRun& run : response.runs) {
        closed += is_closed(run.fate) ? 1 : 0;
        list.push(core::Json::object()
                      .set("closed", is_closed(run.fate))
                      .set("fate", fate_name(run.fate))
                      .set("run_id", run.id.str())
                      .set("stage", run.stage)
                      .set("started_at", core::format_iso(run.started_at)));
    }
    return core::Json::object().set("closed", closed).set("runs", std::move(list));
}

}  // namespace runlake::ops
