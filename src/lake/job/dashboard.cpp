// SPDX-License-Identifier: Apache-2.0
#include "lake/job/dashboard.hpp"

#include <cmath>
#include <set>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "lake/export/dataset.hpp"
#include "lake/standing.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Json;

constexpr std::int64_t k_schema = 2;
constexpr std::size_t k_name_bytes = 180;
constexpr std::size_t k_most_kept = 40;  // folders that a message names

Json cell_of(const sql::Rows& rows, std::size_t column) {
    if (rows.is_null(column)) { return {}; }
    switch (rows.kind(column)) {
        case sql::Kind::boolean: return rows.boolean(column);
        case sql::Kind::integer: return rows.integer(column);
        // JSON has no word for what is no number.
        case sql::Kind::floating: return std::isfinite(rows.number(column)) ? Json(rows.number(column)) : Json();
        default: return std::string(rows.text(column));
    }
}

// Rows as objects, members in the order of the columns.
core::Result<Json> objects_of(ExportSession& session, const std::string& sql) {
    RL_ASSIGN(auto rows, session.connection().query(sql));
    auto list = Json::array();
    while (true) {
        RL_ASSIGN(const bool found, rows.next());
        if (!found) { return list; }
        auto object = Json::object();
        for (std::size_t i = 0; i < rows.column_count(); ++i) { object.set(rows.column_name(i), cell_of(rows, i)); }
        list.push(std::move(object));
    }
}

struct Part {
    std::string_view name;
    std::string_view sql;  // with the run's key in place of '?'
};

constexpr std::string_view k_run_sql =
    "SELECT run_uid, run_id, provider, backend, mode, corpus, created_at, goal_sig_scheme, trace_mcts, config_whitelist_hash, config_full_hash, "
    "json_extract_string(run_status, '$.status') AS status FROM runs WHERE run_key = ";
constexpr Part k_aggregates = {
    "aggregates", "SELECT theorem_count, crashed_count, wild_type_solve_rate, intervention_count, intervention_solve_rate FROM run_aggregates WHERE run_key = "};
constexpr Part k_parts[] = {
    {"theorems", "SELECT theorem, solved, iterations, proof_term_hash, k_valid, k_null_model, k_tau_agent, k_tau_blind, \"k_K\" FROM theorem_wild WHERE run_key = "},
    {"interventions",
     "SELECT theorem, intervention, solved, status, is_control, baseline_solved, ged_search_value, ged_search_norm, ged_search_soft_value, ged_search_soft_norm, k_valid, k_tau_agent, "
     "k_tau_blind, \"k_K\" FROM theorem_intervention WHERE run_key = "},
    {"comparisons",
     "SELECT theorem, intervention, hash_mismatch, axiom_delta_count, axiom_removed_count, trajectory_iteration_diff, trajectory_backtrack_diff FROM theorem_intervention_comparison "
     "WHERE run_key = "},
    {"goal_type_tactic", "SELECT goal_type, tactic_norm, tactic_family, success, failure, blocked, total FROM goal_type_tactic WHERE run_key = "},
};

// A name of a folder for a run: its id, '/' as "__"; another when two runs share it.
std::string folder_name(const SelectedRun& run, std::set<std::string, std::less<>>& taken) {
    std::string name;
    for (const char c : run.run_id.empty() ? run.run_uid : run.run_id) {
        if (c == '/') {
            name += "__";
        } else {
            name += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '_' : c;
        }
    }
    if (name.starts_with('.')) { name.insert(0, 1, '_'); }
    name.resize(core::cut_utf8(name, k_name_bytes).size());
    if (!taken.insert(name).second || name == "manifest.json") {
        name += cat('-', run.run_uid.substr(0, 12));
        for (int i = 2; !taken.insert(name).second; ++i) { name += cat('-', i); }
    }
    return name;
}

core::Result<DashboardFile> write_json(StagedFolder& staged, const std::string& file, const Json& value) {
    RL_ASSIGN(const auto text, ascii_document(value));
    RL_TRY(staged.write(file, text));
    return DashboardFile{.file = file, .bytes = text.size(), .sha256 = core::sha256(text).hex()};
}

}  // namespace

core::Result<std::vector<Offender>> find_offenders(ExportSession& session) {
    RL_ASSIGN(const auto short_runs, runs_that_fall_short(session.connection(), "SELECT run_key FROM temp.selected_runs"));
    std::vector<Offender> offenders;
    for (const auto& run : short_runs) {
        for (const auto& reason : run.reasons) {
            if (stops_a_dashboard(reason.shortfall)) { offenders.push_back({run.run_key, run.run_id, run.rel_run_dir, reason.text}); }
        }
    }
    return offenders;
}

Json selection_without(const std::vector<Offender>& offenders, const std::vector<SelectedRun>& selected) {
    std::set<std::string, std::less<>> keys;
    for (const auto& one : offenders) { keys.insert(one.run_key); }
    std::set<std::string, std::less<>> kept;
    for (const auto& run : selected) {
        if (!keys.contains(run.run_key)) { kept.insert(run.rel_run_dir); }
    }
    auto list = Json::array();
    for (const auto& dir : kept) { list.push(dir); }
    return Json::object().set("rel_run_dir", std::move(list));
}

core::Error offenders_error(const std::vector<Offender>& offenders, std::int64_t selected, const Json& without) {
    std::string text = cat(offenders.size(), " of ", selected, selected == 1 ? " selected run" : " selected runs", " can't be in a dashboard, and nothing was written");
    for (std::size_t i = 0; i < offenders.size() && i < k_most_offenders; ++i) {
        const auto& one = offenders[i];
        text += cat("\n  ", one.rel_run_dir, one.run_id.empty() || one.run_id == one.rel_run_dir ? "" : cat(" (", one.run_id, ')'), ": ", one.reason);
    }
    if (offenders.size() > k_most_offenders) { text += cat("\n  and ", offenders.size() - k_most_offenders, " more"); }
    const auto& kept = *without.find("rel_run_dir")->as_array();
    if (kept.empty()) { return {core::Errc::conflict, text + "\nno other run is selected"}; }
    text += cat("\nto leave exactly these out, add to \"selection\" in the configuration:\n  \"rel_run_dir\": ");
    return {core::Errc::conflict, kept.size() <= k_most_kept ? text + core::to_json(*without.find("rel_run_dir")) : cat(text, "[the ", kept.size(), " folders of the other runs: --json lists them as \"selection_without\"]")};
}

core::Result<std::vector<DashboardFile>> write_dashboard(ExportSession& session, const std::vector<SelectedRun>& runs, StagedFolder& staged, const std::string& folder) {
    std::vector<DashboardFile> files;
    std::set<std::string, std::less<>> taken;
    auto list = Json::array();
    Json first;
    for (const auto& run : runs) {
        const auto key = sql::quote_literal(run.run_key);
        RL_ASSIGN(const auto about, objects_of(session, cat(k_run_sql, key)));
        const Json meta = about.as_array()->empty() ? Json::object() : about.as_array()->front();
        auto document = Json::object();
        document.set("schema_version", k_schema).set("run", meta);
        RL_ASSIGN(const auto aggregates, objects_of(session, cat(k_aggregates.sql, key)));
        document.set(k_aggregates.name, aggregates.as_array()->empty() ? Json() : aggregates.as_array()->front());
        for (const auto& part : k_parts) {
            RL_ASSIGN(auto rows, objects_of(session, cat(part.sql, key)));
            document.set(part.name, std::move(rows));
        }
        const std::string name = folder_name(run, taken);
        RL_ASSIGN(auto file, write_json(staged, cat(folder, '/', name, "/dashboard_v2.json"), document));
        files.push_back(std::move(file));
        const Json id = run.run_id.empty() ? Json(run.run_uid) : Json(run.run_id);
        if (first.is_null()) { first = id; }
        const auto provider = meta.string_at("provider");
        list.push(Json::object().set("id", id).set("label", provider ? cat(*id.as_string(), " (", *provider, ')') : *id.as_string()).set("dashboard", cat(name, "/dashboard_v2.json")).set("meta", meta));
    }
    RL_ASSIGN(auto file, write_json(staged, cat(folder, "/manifest.json"), Json::object().set("runs", std::move(list)).set("default_run", first)));
    files.push_back(std::move(file));
    return files;
}

}  // namespace runlake::lake
