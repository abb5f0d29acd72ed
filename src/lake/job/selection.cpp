// SPDX-License-Identifier: Apache-2.0
#include "lake/job/selection.hpp"

#include <algorithm>
#include <set>

#include "core/text.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using sql::quote_identifier;
using sql::quote_literal;

constexpr std::size_t k_most_candidates = 20;

std::string pointer_part(std::string_view name) {
    std::string part;
    for (const char c : name) { c == '~' ? part += "~0" : c == '/' ? part += "~1" : part += c; }
    return part;
}

// Whether a member of the status is the word true: not the text "true".
std::string is_true(std::string_view pointer) { return cat("coalesce(CAST(json_extract(r.run_status, ", quote_literal(pointer), ") AS VARCHAR) = 'true', false)"); }

std::string below_sql(const std::string& folder) {
    const std::string with_end = folder.ends_with('/') ? folder : folder + "/";
    return cat("(r.run_dir = ", quote_literal(folder), " OR starts_with(r.run_dir, ", quote_literal(with_end), "))");
}

bool says_where(const JobSelection& selection) {
    return selection.root_id || selection.run_dir_prefix || std::ranges::any_of(selection.filters, [](const ColumnFilter& filter) {
               return filter.column == "run_dir";
           });
}

core::Result<std::string> method_of(ExportSession& session, const MethodAnchor& anchor) {
    const std::string_view column = anchor.run_key ? "run_key" : "run_id";
    const std::string& value = anchor.run_key ? *anchor.run_key : *anchor.run_id;
    RL_ASSIGN(auto rows, session.connection().query(cat("SELECT run_key, coalesce(provider, '-'), config_whitelist_hash FROM ", session.stored("runs"), " WHERE ", column, " = ",
                                                        quote_literal(value), " ORDER BY run_key")));
    std::vector<std::string> candidates;
    std::optional<std::string> method;
    while (true) {
        RL_ASSIGN(const bool found, rows.next());
        if (!found) { break; }
        candidates.push_back(cat(rows.text(0), " (provider ", rows.text(1), ")"));
        method = rows.text_if(2);
    }
    const std::string what = cat("selection.same_method_as: ", column, " \"", value, "\"");
    if (candidates.empty()) { return Error(Errc::usage, cat(what, " names no run of the lake")); }
    if (candidates.size() > 1) {
        const std::size_t count = candidates.size();
        if (count > k_most_candidates) { candidates.resize(k_most_candidates); }
        return Error(Errc::usage, cat(what, " names ", count, " runs: say which by run_key: ", core::join(candidates, ", "), count > candidates.size() ? ", ..." : ""));
    }
    if (!method) { return Error(Errc::usage, cat(what, ": that run has no configuration that could be read")); }
    return *method;
}

core::Result<std::string> where_sql(ExportSession& session, const JobSelection& selection, const std::optional<std::string>& logs_dir, Selected& selected) {
    std::vector<std::string> conditions;
    if (selection.root_id) { conditions.push_back(cat("r.root_id = ", quote_literal(*selection.root_id))); }
    if (selection.run_dir_prefix) { conditions.push_back(cat("starts_with(r.run_dir, ", quote_literal(*selection.run_dir_prefix), ")")); }
    if (logs_dir && !says_where(selection)) { conditions.push_back(below_sql(*logs_dir)); }
    for (const auto& filter : selection.filters) {
        std::string list;
        for (const auto& value : filter.values) { list += cat(list.empty() ? "" : ", ", quote_literal(value)); }
        conditions.push_back(cat("r.", quote_identifier(filter.column), " IN (", list, ")"));
    }
    if (selection.same_method_as) {
        RL_ASSIGN(selected.method, method_of(session, *selection.same_method_as));
        conditions.push_back(cat("r.config_whitelist_hash = ", quote_literal(*selected.method)));
    }
    return conditions.empty() ? std::string() : cat(" WHERE ", core::join(conditions, " AND "));
}

std::string fit_sql(const JobSelection& selection) {
    std::vector<std::string> conditions = {"true"};
    if (selection.require_completed) { conditions.emplace_back("coalesce(r.state = 'completed', false)"); }
    if (selection.exclude_partial_results) { conditions.push_back(cat("NOT ", is_true("/partial_results"))); }
    for (const auto& name : selection.require_capabilities) { conditions.push_back(is_true(cat("/capabilities/", pointer_part(name)))); }
    return core::join(conditions, " AND ");
}

// The runs that are asked about, with the columns that a selection names.
std::string runs_sql(ExportSession& session, const JobSelection& selection) {
    const std::string stored = session.stored("runs");
    if (selection.is_of_proof_searches()) {
        return cat("(SELECT *, 'proof-search' AS source, run_id AS name, json_extract_string(run_status, '$.status') AS state FROM ", stored, ") r");
    }
    std::string names;
    for (const auto& source : selection.sources) { names += cat(names.empty() ? "" : ", ", quote_literal(source)); }
    return cat("(SELECT i.source, i.run_key, i.run_id, i.name, i.state, i.root_id, i.dir AS run_dir, i.rel_dir AS rel_run_dir, i.run_uid, p.provider, p.backend, p.mode, p.corpus, p.goal_sig_scheme, "
               "p.config_whitelist_hash, p.config_full_hash, p.run_status, coalesce(p.created_at, strftime(i.started_at, '%Y-%m-%dT%H:%M:%S.%f')) AS created_at FROM ",
               ExportSession::identified(), " i LEFT JOIN ", stored, " p ON i.source = 'proof-search' AND p.run_key = i.run_key WHERE i.source IN (", names, ")) r");
}

std::string order_sql(RunOrder order, RunNames names) {
    const std::string_view last = names == RunNames::uid ? "r.run_uid, r.run_key" : "r.run_key";
    switch (order) {
        case RunOrder::run_key_asc: return std::string(last);
        case RunOrder::created_at_asc: return cat("r.created_at ASC NULLS LAST, ", last);
        case RunOrder::created_at_desc: return cat("r.created_at DESC NULLS LAST, ", last);
    }
    return std::string(last);
}

}  // namespace

core::Error nothing_selected(ExportSession& session, const JobSelection& selection, const Selected& selected, std::string_view outcome) {
    std::string text = cat("no run is selected (", selected.in_lake, " in the lake, ", selected.matched, " match, ", selected.fit, " of them fit by their status): ", outcome);
    std::string others;
    if (auto rows = session.connection().query("SELECT source, count(*) FROM all_runs GROUP BY source ORDER BY source"); rows.ok()) {
        for (auto more = rows.value().next(); more.ok() && more.value(); more = rows.value().next()) {
            if (selection.has_source(rows.value().text(0))) { continue; }
            others += cat(others.empty() ? "" : ", ", rows.value().integer(1), " of ", rows.value().text(0));
        }
    }
    if (!others.empty()) {
        text += cat("\n  there are runs of other sources (", others, "): \"source\" in \"selection\" takes them; without it ", k_default_source, " is meant");
    }
    return {Errc::not_found, text};
}

core::Json stats_json(const Selected& selected) {
    return core::Json::object()
        .set("runs_in_lake", selected.in_lake)
        .set("matched", selected.matched)
        .set("fit", selected.fit)
        .set("distinct", selected.distinct)
        .set("selected", static_cast<std::int64_t>(selected.runs.size()));
}

core::Result<Selected> select_runs(ExportSession& session, const JobSelection& selection, const std::optional<std::string>& logs_dir, RunNames names) {
    Selected selected;
    if (!selection.is_of_proof_searches()) { RL_TRY(session.identify()); }
    RL_ASSIGN(selected.in_lake, session.connection().integer(cat("SELECT count(*) FROM ", runs_sql(session, selection))));
    RL_ASSIGN(const auto where, where_sql(session, selection, logs_dir, selected));
    const auto from = runs_sql(session, selection);
    RL_ASSIGN(auto rows, session.connection().query(cat("SELECT r.run_key, r.run_uid, r.run_id, ", fit_sql(selection), ", r.rel_run_dir, r.source FROM ", from, where, " ORDER BY ",
                                                        order_sql(selection.order_by, names))));
    std::set<std::string, std::less<>> ids;
    while (true) {
        RL_ASSIGN(const bool found, rows.next());
        if (!found) { return selected; }
        ++selected.matched;
        if (!rows.boolean(3)) { continue; }
        ++selected.fit;
        SelectedRun run{std::string(rows.text(0)), rows.text_if(1).value_or(""), rows.text_if(2).value_or(""), rows.text_if(4).value_or("")};
        if (selection.dedupe_run_id && !run.run_id.empty() && !ids.insert(cat(rows.text(5), '\n', run.run_id)).second) { continue; }
        ++selected.distinct;
        if (!selection.max_runs || static_cast<std::int64_t>(selected.runs.size()) < *selection.max_runs) { selected.runs.push_back(std::move(run)); }
    }
}

}  // namespace runlake::lake
