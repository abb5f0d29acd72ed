// SPDX-License-Identifier: Apache-2.0
#include "runs/query_find.hpp"

#include <vector>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "runs/query_text.hpp"
#include "runs/run_rows.hpp"

namespace runlake::runs {
namespace {

constexpr std::size_t k_listed = 10;

struct Candidate {
    core::RunId id;
    std::string stage;
    core::Timestamp started_at;
};

// The id with the rest of its 36 places filled by one digit: the ends of the range of ids that begin so.
core::Result<core::RunId> filled(const core::RunIdPrefix& prefix, char digit) {
    std::string text = prefix.str();
    for (std::size_t i = text.size(); i < 36; ++i) { text += i == 8 || i == 13 || i == 18 || i == 23 ? '-' : digit; }
    return core::RunId::parse(text);
}

std::string listing(const std::vector<Candidate>& candidates, std::int64_t total) {
    std::string text;
    for (const Candidate& candidate : candidates) {
        std::string started = core::format_iso(candidate.started_at).substr(0, 19);
        started[10] = ' ';
        text += core::cat("\n  ", candidate.id.str(), "  ", candidate.stage, "  ", started);
    }
    const auto listed = static_cast<std::int64_t>(candidates.size());
    if (total > listed) { text += core::cat("\n  and ", core::group_thousands(total - listed), " more"); }
    return text;
}

}  // namespace

core::Result<core::RunId> find_run(sql::Connection& connection, std::string_view text, const std::optional<std::string>& tenant) {
    RL_ASSIGN(const core::RunIdPrefix prefix, core::RunIdPrefix::parse(text));
    RL_ASSIGN(const core::RunId low, filled(prefix, '0'));
    RL_ASSIGN(const core::RunId high, filled(prefix, 'f'));
    QueryText where;
    where.add(" FROM runs r WHERE ");
    if (prefix.is_whole()) {
        where.add("r.run_id = ").bind(low);
    } else {
        where.add("r.run_id >= ").bind(low).add(" AND r.run_id <= ").bind(high);
    }
    if (tenant) { where.add(" AND r.tenant_id = ").bind(*tenant); }

    std::vector<core::RunId> ids;
    const auto look = [&](const QueryText& query) {
        ids.clear();
        return each_row(connection, query, [&](const sql::Rows& rows) {
            ids.push_back(rows.run_id(0));
            return core::ok();
        });
    };
    // DuckDB uses no index for a range: all ids are read. Most often one run begins so, and their first digits alone say which.
    if (!prefix.is_whole()) {
        QueryText first_digits;
        first_digits.add("SELECT run_id FROM run_details WHERE id_prefix >= ").bind(id_prefix(low)).add(" AND id_prefix <= ").bind(id_prefix(high));
        if (prefix.str().size() > 8) { first_digits.add(" AND run_id >= ").bind(low).add(" AND run_id <= ").bind(high); }
        RL_TRY(look(first_digits.add(" LIMIT 2")));
    }
    const bool is_found = ids.size() == 1 && !tenant;
    if (!is_found && (prefix.is_whole() || !ids.empty())) { RL_TRY(look(QueryText().add("SELECT r.run_id").add(where).add(" LIMIT 2"))); }
    if (ids.size() == 1) { return ids.front(); }
    const std::string of_tenant = tenant ? core::cat(" of tenant \"", *tenant, "\"") : "";
    if (ids.empty()) {
        return core::Error(core::Errc::not_found, core::cat(prefix.is_whole() ? "no run with the id " : "no run whose id begins with ", prefix.str(), of_tenant));
    }

    std::vector<Candidate> candidates;
    const QueryText first = QueryText().add("SELECT r.run_id, r.stage, r.started_at").add(where).add(" ORDER BY r.started_at DESC, r.run_id LIMIT ").bind(
        static_cast<std::int64_t>(k_listed + 1));
    RL_TRY(each_row(connection, first, [&](const sql::Rows& rows) {
        candidates.push_back({rows.run_id(0), std::string(rows.text(1)), rows.time(2)});
        return core::ok();
    }));
    auto total = static_cast<std::int64_t>(candidates.size());
    if (candidates.size() > k_listed) {
        candidates.pop_back();
        RL_TRY(each_row(connection, QueryText().add("SELECT count(*)").add(where), [&](const sql::Rows& rows) {
            total = rows.integer(0);
            return core::ok();
        }));
    }
    return core::Error(core::Errc::conflict, core::cat("run id prefix \"", prefix.str(), "\" is ambiguous: ", core::group_thousands(total), " runs", of_tenant,
                                                       " begin with it; give more of the id", listing(candidates, total)));
}

}  // namespace runlake::runs
