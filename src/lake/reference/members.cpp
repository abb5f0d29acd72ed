// SPDX-License-Identifier: Apache-2.0
#include "lake/reference/members.hpp"

#include <algorithm>
#include <unordered_set>

#include "core/text.hpp"
#include "lake/json_column.hpp"
#include "sql/appender.hpp"

namespace runlake::lake {

using core::cat;

core::Result<ReferenceHead> reference_head(ExportSession& session, const std::string& ref_id) {
    ReferenceHead head;
    head.ref_id = ref_id;
    {
        RL_ASSIGN(auto rows, session.connection().query(cat("SELECT alpha, CAST(meta AS VARCHAR) AS meta, CAST(selection AS VARCHAR) AS selection FROM ", session.stored("lake_references"), " WHERE ref_id = ",
                                                            sql::quote_literal(ref_id))));
        RL_ASSIGN(const bool found, rows.next());
        if (!found) { return core::Error(core::Errc::not_found, cat("there is no reference ", ref_id, " in the lake")); }
        head.alpha = rows.number(0);
        RL_ASSIGN(head.meta, json_column(rows, 1));
        RL_ASSIGN(head.selection, json_column(rows, 2));
    }
    RL_ASSIGN(auto rows, session.connection().query(cat("SELECT DISTINCT run_uid, goal_cache_sha256 FROM ", session.stored("lake_reference_members"), " WHERE ref_id = ",
                                                        sql::quote_literal(ref_id), " ORDER BY 1, 2")));
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return head; }
        head.members.push_back({.run_uid = std::string(rows.text(0)), .goal_cache_sha256 = rows.text_if(1).value_or("")});
    }
}

std::vector<SelectedRun> distinct_contents(std::vector<SelectedRun> runs) {
    std::ranges::stable_sort(runs, {}, &SelectedRun::run_uid);
    runs.erase(std::unique(runs.begin(), runs.end(), [](const SelectedRun& a, const SelectedRun& b) { return a.run_uid == b.run_uid; }), runs.end());
    return runs;
}

core::Status name_runs(ExportSession& session, const std::vector<SelectedRun>& runs) {
    RL_TRY(session.connection().run("CREATE OR REPLACE TEMP TABLE named_runs (run_key VARCHAR, position BIGINT)"));
    RL_ASSIGN(auto appender, sql::Appender::open(session.connection(), "named_runs", "temp"));
    for (std::size_t i = 0; i < runs.size(); ++i) {
        appender.set(0, runs[i].run_key);
        appender.set(1, static_cast<std::int64_t>(i));
        RL_TRY(appender.end_row());
    }
    return appender.close();
}

core::Result<std::vector<bool>> in_sample_of(ExportSession& session, const std::vector<ReferenceMember>& members, std::size_t count) {
    std::unordered_set<std::string> names;
    for (const auto& member : members) {
        names.insert(member.run_uid);
        if (!member.goal_cache_sha256.empty()) { names.insert(member.goal_cache_sha256); }
    }
    std::vector<bool> out(count);
    RL_ASSIGN(auto rows, session.connection().query(cat("SELECT n.position, r.run_uid FROM temp.named_runs n JOIN ", session.stored("runs"), " r ON r.run_key = n.run_key UNION ALL ",
                                                        "SELECT n.position, f.sha256 FROM temp.named_runs n JOIN ", session.stored("run_files"),
                                                        " f ON f.run_key = n.run_key WHERE f.file_name IN ('goal_cache.json.gz', 'goal_cache.json')")));
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return out; }
        if (names.contains(rows.text_if(1).value_or(""))) { out[static_cast<std::size_t>(rows.integer(0))] = true; }
    }
}

}  // namespace runlake::lake
