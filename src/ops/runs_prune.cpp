// SPDX-License-Identifier: Apache-2.0
// `runs prune`.
#include "ops/runs_prune.hpp"

#include <limits>

#include "core/text.hpp"

namespace runlake::ops {

core::Result<RunsPrunePlan> runs_prune_plan(const RunsPruneRequest& request) {
    constexpr std::int64_t k_micros = 1'000'000;
    if (request.older_than_s < 0 || request.older_than_s > std::numeric_limits<std::int64_t>::max() / k_micros / 2) {
        return core::Error(core::Errc::usage, "--older-than: no such age");
    }
    RL_ASSIGN(auto plan, runs::plan_prune(request.store, {request.now.micros - request.older_than_s * k_micros}));
    return RunsPrunePlan{std::move(plan), find_leftovers(request.store, request.now)};
}

core::Result<RunsPruneResponse> runs_prune(const record::Store& store, RunsPrunePlan plan) {
    runs::PruneReport report;
    if (!plan.runs.runs.empty()) { RL_ASSIGN(report, runs::prune(store, plan.runs)); }
    RL_TRY(remove_leftovers(plan.leftovers));
    return RunsPruneResponse{std::move(plan), true, std::move(report)};
}

core::Json to_json(const RunsPruneResponse& response) {
    const runs::PrunePlan& plan = response.plan.runs;
    auto states = core::Json::object();
    for (const auto& [state, count] : plan.by_state) { states.set(state, count); }
    auto notes = core::Json::array();
    for (const std::string& note : plan.notes) { notes.push(note); }
    for (const std::string& note : response.report.notes) { notes.push(note); }
    auto kept = core::Json::object();
    kept.set("elsewhere", plan.elsewhere).set("held", plan.held).set("running", plan.running);
    auto record = core::Json::object();
    record.set("done", response.is_done).set("runs", response.is_done ? response.report.runs : std::uint64_t{plan.runs.size()}).set("by_state", std::move(states));
    record.set("records", response.is_done ? response.report.records : plan.records).set("journal_bytes", plan.journal_bytes);
    record.set("output_folders", std::uint64_t{plan.outputs.size()}).set("patches", std::uint64_t{plan.patches.size()}).set("file_bytes", plan.file_bytes);
    record.set("temporary_files", std::uint64_t{response.plan.leftovers.paths.size()}).set("temporary_bytes", response.plan.leftovers.bytes);
    return record.set("kept", std::move(kept)).set("notes", std::move(notes));
}

}  // namespace runlake::ops
