// SPDX-License-Identifier: Apache-2.0
#include "lake/run_facts.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "lake/registry_tables.hpp"
#include "lake/source.hpp"
#include "lake/standing.hpp"
#include "os/files.hpp"
#include "runs/query_text.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;
using runlake::runs::each_row;
using runlake::runs::QueryText;

constexpr std::int64_t k_listed = 10;

// Every run of every source with all names by which it may be asked for.
constexpr std::string_view k_named =
    "SELECT a.source, a.run_key, coalesce(a.run_id, r.run_id) AS run_id, a.name, a.state, a.started_at, a.finished_at, a.params, a.metrics, a.unit_key, r.run_key_seed, r.run_uid, u.dir, u.rel_dir, l.root_path, "
    "r.created_at, r.goal_sig_scheme, r.config_whitelist_hash, r.config_full_hash "
    "FROM all_runs a LEFT JOIN runs r ON a.source = 'proof-search' AND r.run_key = a.run_key LEFT JOIN lake_units u ON u.unit_key = a.unit_key AND u.source = a.source "
    "LEFT JOIN log_roots l ON l.root_id = u.root_id";

struct Found {
    std::string source, key;
    std::optional<std::string> run_id, name;
    Json facts, params, metrics;
    std::string dir;
    std::string unit_key;

    // Of a store of many runs: the column by which its tables tell them apart; "" where the unit is the run.
    std::string_view run_column() const {
        const auto* const of = find_source(source);
        return of == nullptr ? std::string_view() : of->run_column;
    }
};

Json document(const std::optional<std::string>& text) {
    if (!text) { return Json::object(); }
    auto parsed = core::parse_json(*text, "value");
    return parsed.ok() ? std::move(parsed).take() : Json(*text);
}

core::Result<std::vector<Found>> find(sql::Connection& connection, const QueryText& where) {
    std::vector<Found> found;
    QueryText query;
    query.add("SELECT source, run_key, run_id, name, state, CAST(started_at AS VARCHAR), CAST(finished_at AS VARCHAR), CAST(params AS VARCHAR), CAST(metrics AS VARCHAR), run_key_seed, run_uid, dir, "
              "rel_dir, root_path, created_at, goal_sig_scheme, config_whitelist_hash, config_full_hash, unit_key FROM (")
        .add(k_named)
        .add(") WHERE ")
        .add(where)
        .add(" ORDER BY source, run_key, run_id");
    RL_TRY(each_row(connection, query, [&](const sql::Rows& rows) {
        Found one{std::string(rows.text(0)), std::string(rows.text(1)), rows.text_if(2), rows.text_if(3), Json::object(), document(rows.text_if(7)), document(rows.text_if(8)), rows.text_if(11).value_or(""), rows.text_if(18).value_or("")};
        one.facts.set("source", one.source).set("run_id", Json(one.run_id)).set("name", Json(one.name)).set("state", Json(rows.text_if(4)));
        one.facts.set("started_at", Json(rows.text_if(5))).set("finished_at", Json(rows.text_if(6))).set("run_key", one.key).set("run_key_seed", Json(rows.text_if(9)));
        one.facts.set("run_uid", Json(rows.text_if(10))).set("dir", Json(rows.text_if(11))).set("rel_dir", Json(rows.text_if(12))).set("root", Json(rows.text_if(13)));
        one.facts.set("created_at", Json(rows.text_if(14))).set("goal_sig_scheme", Json(rows.text_if(15)));
        one.facts.set("config_whitelist_hash", Json(rows.text_if(16))).set("config_full_hash", Json(rows.text_if(17)));
        found.push_back(std::move(one));
        return core::ok();
    }));
    return found;
}

core::Result<std::vector<Found>> find_any(sql::Connection& connection, const std::string& given) {
    // Names are kept as UTF-8, whatever the bytes in the file system are.
    const std::string word = core::valid_utf8(given);
    RL_ASSIGN(auto exact, find(connection, QueryText().bind(word).add(" IN (run_key, run_key_seed, run_uid, run_id)")));
    if (!exact.empty()) { return exact; }
    if (auto path = os::absolute_path(given); path.ok() && (word.find('/') != std::string::npos || os::exists(given))) {
        const std::string inside_of = core::valid_utf8(path.value());
        // The innermost folder of runs that holds the path.
        RL_ASSIGN(auto inside, find(connection, QueryText()
                                                    .add("unit_key IN (SELECT unit_key FROM lake_units WHERE ")
                                                    .bind(inside_of)
                                                    .add(" = dir OR starts_with(")
                                                    .bind(inside_of)
                                                    .add(", dir || '/') ORDER BY length(dir) DESC, source, unit_key LIMIT 1)")));
        if (!inside.empty()) { return inside; }
        // A folder above runs, such as that of one search by several providers.
        RL_ASSIGN(auto below, find(connection, QueryText().add("starts_with(dir, ").bind(cat(inside_of, '/')).add(")")));
        if (!below.empty()) { return below; }
    }
    RL_ASSIGN(auto named, find(connection, QueryText().bind(word).add(" = name")));
    if (!named.empty()) { return named; }
    return find(connection, QueryText()
                                .add("starts_with(run_key, ")
                                .bind(word)
                                .add(") OR starts_with(run_key_seed, ")
                                .bind(word)
                                .add(") OR starts_with(run_uid, ")
                                .bind(word)
                                .add(") OR starts_with(run_id, ")
                                .bind(word)
                                .add(")"));
}

Error none(const std::string& word) {
    if (os::exists(os::join_path(word, "run_config.json"))) {
        return {Errc::not_found, cat("the folder ", word, " holds a run that is not in the lake yet: runlake lake reconcile --logs-dir with a folder above it")};
    }
    if (os::is_dir(word)) { return {Errc::not_found, cat("the folder ", word, " is in no run of the lake: a run of a proof search has a run_config.json; runlake lake doctor says what was passed over")}; }
    return {Errc::not_found, cat("the lake has no run \"", word, "\"; runlake lake sql \"SELECT source, run_key, run_id, name FROM all_runs\" lists them")};
}

Error several(const std::string& word, const std::vector<Found>& found) {
    std::string text = cat("\"", word, "\" may mean ", found.size(), " runs; give more of it, a key, or a folder:");
    for (std::size_t i = 0; i < found.size() && i < k_listed; ++i) {
        const Found& one = found[i];
        text += cat("\n  ", one.key, "  ", one.source, "  ", one.run_id.value_or(one.name.value_or("-")));
        if (one.name && one.run_id && *one.name != *one.run_id) { text += cat("  ", *one.name); }
        if (const auto provider = one.params.string_at("provider"); provider && one.source == "proof-search") { text += cat("  provider ", *provider); }
        text += cat("  ", one.dir.empty() ? "-" : one.dir);
    }
    if (found.size() > k_listed) { text += cat("\n  and ", found.size() - k_listed, " more"); }
    return {Errc::conflict, text};
}

// Of a path whose bytes are no UTF-8 the lake has what can be said of it: then any folder of that appearance counts.
bool is_there(const std::string& told) {
    constexpr std::string_view k_replaced = "\xEF\xBF\xBD";
    if (os::is_dir(told) || told.find(k_replaced) == std::string::npos) { return os::is_dir(told); }
    std::vector<std::string> reached = {"/"};
    for (const auto part : core::split(std::string_view(told).substr(1), '/')) {
        std::vector<std::string> next;
        for (const auto& folder : reached) {
            if (part.find(k_replaced) == std::string_view::npos) {
                next.push_back(os::join_path(folder, part));
                continue;
            }
            for (const auto& entry : os::list_dir(folder).value_or({})) {
                if (core::valid_utf8(entry.name) == part) { next.push_back(os::join_path(folder, entry.name)); }
            }
        }
        reached = std::move(next);
    }
    return std::ranges::any_of(reached, [](const std::string& folder) { return os::is_dir(folder); });
}

// A store holds many runs: of its files those are the run's that gave rows about it.
void in_run(QueryText& query, const Found& run) {
    const std::string_view id = run.run_column();
    if (id.empty() || !run.run_id) { return; }
    query.add(" AND rel_path IN (SELECT NULL");
    for (const auto* table : all_tables()) {
        const auto& key = table->columns.front();
        if (!has_column(*table, id) || !has_column(*table, "rel_path") || !key.name.ends_with("_key") || std::ranges::find(registry_tables(), table) != registry_tables().end()) { continue; }
        query.add(cat(" UNION ALL SELECT rel_path FROM ", sql::quote_identifier(table->name), " WHERE ", sql::quote_identifier(key.name), " = ")).bind(run.unit_key);
        query.add(cat(" AND ", sql::quote_identifier(id), " = ")).bind(*run.run_id);
    }
    query.add(")");
}

core::Status read_files(sql::Connection& connection, const Found& run, RunFacts& out) {
    QueryText query;
    query.add("SELECT rel_path, coalesce(bytes, 0), coalesce(sha256, '') FROM lake_files WHERE unit_key = ").bind(run.unit_key);
    in_run(query, run);
    query.add(" ORDER BY rel_path");
    return each_row(connection, query, [&](const sql::Rows& rows) {
        out.files.push_back({std::string(rows.text(0)), rows.integer(1), std::string(rows.text(2))});
        return core::ok();
    });
}

core::Status count_rows(sql::Connection& connection, const Found& run, RunFacts& out) {
    const std::string_view id = run.run_column();
    for (const auto* table : all_tables()) {
        const auto& key = table->columns.front();
        if (!key.name.ends_with("_key") || table->name == "lake_units" || table->name == "lake_files") { continue; }
        if (!id.empty() && (!has_column(*table, id) || !run.run_id)) { continue; }
        QueryText query;
        query.add(cat("SELECT count(*) FROM ", sql::quote_identifier(table->name), " WHERE ", sql::quote_identifier(key.name), " = ")).bind(run.unit_key);
        if (!id.empty()) { query.add(cat(" AND ", sql::quote_identifier(id), " = ")).bind(*run.run_id); }
        RL_TRY(each_row(connection, query, [&](const sql::Rows& rows) {
            if (rows.integer(0) > 0) { out.tables.push_back({std::string(table->name), rows.integer(0)}); }
            return core::ok();
        }));
    }
    return core::ok();
}

core::Status read_problems(sql::Connection& connection, const Found& run, RunFacts& out) {
    QueryText query;
    query.add("SELECT coalesce(stage, ''), coalesce(severity, 'error'), coalesce(rel_path, ''), line, coalesce(error, '') FROM (SELECT run_key, stage, severity, rel_path, line, error FROM extract_errors "
              "UNION ALL SELECT run_key, stage, 'error', rel_path, NULL, error FROM graph_extract_errors) WHERE run_key = ")
        .bind(run.unit_key);
    in_run(query, run);
    query.add(" ORDER BY ALL");
    return each_row(connection, query, [&](const sql::Rows& rows) {
        out.problems.push_back({std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2)), rows.integer_if(3), std::string(rows.text(4))});
        return core::ok();
    });
}

core::Status judge(sql::Connection& connection, const Found& run, RunFacts& out) {
    if (run.source != "proof-search") { return core::ok(); }
    RL_ASSIGN(const auto standings, runs_that_fall_short(connection, cat("SELECT ", sql::quote_literal(run.key))));
    for (const auto& standing : standings) {
        for (const auto& reason : standing.reasons) { out.dashboard.push_back({std::string(shortfall_name(reason.shortfall)), stops_a_dashboard(reason.shortfall), reason.text}); }
    }
    if (!out.is_there) { out.dashboard.push_back({"gone", false, "its folder is not there any more: `runlake lake reconcile --prune` forgets it"}); }
    if (!run.run_id) { return core::ok(); }
    std::int64_t others = 0;
    RL_TRY(each_row(connection, QueryText().add("SELECT count(*) FROM runs WHERE run_id = ").bind(*run.run_id).add(" AND run_key <> ").bind(run.key), [&](const sql::Rows& rows) {
        others = rows.integer(0);
        return core::ok();
    }));
    if (others > 0) { out.dashboard.push_back({"same_run_id", false, cat(others, others == 1 ? " other run has" : " other runs have", " the same run id: selections with dedupe_run_id take one of them")}); }
    return core::ok();
}

}  // namespace

core::Result<RunFacts> facts_of_run(sql::Connection& connection, const std::string& word) {
    RL_ASSIGN(auto found, find_any(connection, word));
    if (found.empty()) { return none(word); }
    if (found.size() > 1) { return several(word, found); }
    auto& run = found.front();
    RunFacts response;
    response.is_there = !run.dir.empty() && is_there(run.dir);
    RL_TRY(read_files(connection, run, response));
    RL_TRY(count_rows(connection, run, response));
    RL_TRY(read_problems(connection, run, response));
    RL_TRY(judge(connection, run, response));
    response.run = std::move(run.facts);
    response.params = std::move(run.params);
    response.metrics = std::move(run.metrics);
    return response;
}

}  // namespace runlake::lake
