// SPDX-License-Identifier: Apache-2.0
#include "lake/reference/build.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "lake/job/selection.hpp"
#include "lake/reference/members.hpp"
#include "lake/reference/store.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;

core::Status read_goal_caches(ExportSession& session, std::vector<ReferenceMember>& members) {
    RL_ASSIGN(auto rows, session.connection().query(cat("SELECT DISTINCT n.position, f.sha256 FROM temp.named_runs n JOIN ", session.stored("goal_outcome_global_family"),
                                                        " g ON g.run_key = n.run_key JOIN ", session.stored("run_files"), " f ON f.run_key = g.run_key AND f.file_name = g.rel_path")));
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return core::ok(); }
        members[static_cast<std::size_t>(rows.integer(0))].goal_cache_sha256 = rows.text(1);
    }
}

core::Status sum_outcomes(ExportSession& session, metrics::OutcomeTable& out) {
    RL_ASSIGN(auto statement, session.connection().prepare(cat("SELECT g.goal_sig, g.family_idx, CAST(sum(g.attempts) AS BIGINT), CAST(sum(g.successes) AS BIGINT) FROM temp.named_runs n JOIN ",
                                                               session.stored("goal_outcome_sig_family"), " g ON g.run_key = n.run_key GROUP BY g.goal_sig, g.family_idx")));
    RL_ASSIGN(auto rows, statement.stream());
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { break; }
        auto& outcomes = out.by_goal[std::string(rows.text(0))];
        const auto family = static_cast<std::size_t>(rows.integer(1));
        if (family >= outcomes.attempts.size()) { return Error(Errc::corrupt, "the lake counts outcomes of a family that there is not: `runlake lake reconcile --full` reads them again"); }
        outcomes.attempts[family] = rows.integer(2);
        outcomes.successes[family] = rows.integer(3);
    }
    for (const auto& [sig, outcomes] : out.by_goal) { out.whole.add(outcomes); }
    return core::ok();
}

}  // namespace

core::Result<BuiltReference> build_reference(ExportSession& session, const BuildOrder& order) {
    const auto* keys = order.build.selection_json.as_object();
    if (keys == nullptr || keys->empty()) {
        return Error(Errc::usage, "reference.selection: a reference needs a selection of its own that is not empty: it is never taken from what is to be evaluated");
    }
    // In an order that is the same on every machine, so that max_runs takes the same ones there.
    auto selected = select_runs(session, order.build.selection, std::nullopt, RunNames::uid);
    if (!selected.ok()) { return std::move(selected).take_error().context("reference"); }
    const auto& found = selected.value();
    if (found.runs.empty()) {
        return Error(Errc::not_found, cat("reference.selection: no run is selected (", found.in_lake, " in the lake, ", found.matched, " match, ", found.fit, " of them fit by their status): no reference was built"));
    }
    BuiltReference built;
    built.selected = static_cast<std::int64_t>(found.runs.size());
    const auto runs = distinct_contents(found.runs);
    if (runs.front().run_uid.empty()) { return Error(Errc::corrupt, cat("reference.selection: the lake does not know the content of the run ", runs.front().run_key, ": `runlake lake reconcile --full`")); }
    built.reference.alpha = order.build.alpha;
    built.reference.meta = order.build.meta;
    for (const auto& run : runs) { built.reference.members.push_back({.run_uid = run.run_uid, .goal_cache_sha256 = ""}); }
    RL_TRY(name_runs(session, runs));
    RL_TRY(read_goal_caches(session, built.reference.members));
    RL_TRY(sum_outcomes(session, built.reference.outcomes));
    built.without_outcomes = std::ranges::count(built.reference.members, "", &ReferenceMember::goal_cache_sha256);
    if (built.reference.outcomes.by_goal.empty()) {
        return Error(Errc::not_found, cat("reference.selection: none of the ", runs.size(), " runs that are selected has outcomes of goals (goal_cache.json.gz): no reference was built"));
    }
    RL_ASSIGN(built.ref_id, reference_id(built.reference));
    RL_ASSIGN(built.was_there, write_reference(order.references_dir, built.ref_id, built.reference, {.created_at = order.now, .program = order.program, .selection = order.build.selection_json}));
    return built;
}

}  // namespace runlake::lake
