// SPDX-License-Identifier: Apache-2.0
#include "runs/query_seen.hpp"

#include <algorithm>
#include <limits>

namespace runlake::runs {
namespace {

constexpr std::string_view k_select =
    "SELECT d.run_id, d.machine, d.recorder_boot, d.recorder_pid_ns, d.recorder_pid, d.recorder_ticks, "
    "d.watched_boot, d.watched_pid_ns, d.watched_pid, d.watched_ticks FROM run_details d";
constexpr std::size_t k_few = 50;

// The process in five columns; one that is not known can't be judged.
os::Liveness judge(const sql::Rows& rows, std::size_t boot) {
    const auto machine = rows.text_if(1);
    const auto pid = rows.integer_if(boot + 2);
    if (!machine || !pid || *pid <= 0 || *pid > std::numeric_limits<pid_t>::max()) { return os::Liveness::unknowable; }
    return os::liveness({.machine = *machine,
                         .boot = rows.text_if(boot).value_or(""),
                         .pid_ns = static_cast<std::uint64_t>(rows.integer_if(boot + 1).value_or(0)),
                         .pid = static_cast<pid_t>(*pid),
                         .start_ticks = static_cast<std::uint64_t>(rows.integer_if(boot + 3).value_or(0))});
}

}  // namespace

void SeenRuns::sort() {
    std::ranges::sort(unwatched);
    std::ranges::sort(abandoned);
}

std::string_view seen_state(os::Liveness recorder, os::Liveness watched) {
    if (recorder != os::Liveness::dead) { return "running"; }
    switch (watched) {
        case os::Liveness::alive: return "unwatched";
        case os::Liveness::dead: return "abandoned";
        case os::Liveness::unknowable: break;
    }
    return "running";
}

core::Result<SeenRuns> look_at_running(sql::Connection& connection, const std::vector<core::RunId>* ids) {
    SeenRuns seen;
    const auto each = [&](const sql::Rows& rows) {
        const os::Liveness recorder = judge(rows, 2);
        // A run that is recorded from inside has no process but its recorder.
        const os::Liveness watched = rows.is_null(8) ? recorder : judge(rows, 6);
        const std::string_view state = seen_state(recorder, watched);
        if (state == "unwatched") { seen.unwatched.push_back(rows.run_id(0)); }
        if (state == "abandoned") { seen.abandoned.push_back(rows.run_id(0)); }
        return core::ok();
    };
    if (ids == nullptr || ids->size() > k_few) {
        QueryText query;
        query.add(k_select).add(" JOIN runs r ON r.run_id = d.run_id WHERE r.status = 'running'");
        RL_TRY(each_row(connection, query, each));
    } else {
        // One by one: an equality is looked up in the key, a list is not.
        for (const core::RunId& id : *ids) { RL_TRY(each_row(connection, QueryText().add(k_select).add(" WHERE d.run_id = ").bind(id), each)); }
    }
    seen.sort();
    return seen;
}

std::string shown_state(const core::RunId& id, std::string_view stored, const SeenRuns& seen) {
    if (stored == "running") {
        if (std::ranges::binary_search(seen.unwatched, id)) { return "unwatched"; }
        if (std::ranges::binary_search(seen.abandoned, id)) { return "abandoned"; }
    }
    return std::string(stored);
}

}  // namespace runlake::runs
