// SPDX-License-Identifier: Apache-2.0
#include "lake/export/export_folder.hpp"

#include <algorithm>
#include <iterator>

#include "core/text.hpp"
#include "lake/export/release.hpp"
#include "lake/export/session.hpp"
#include "lake/export/staged_folder.hpp"
#include "lake/registry_tables.hpp"
#include "lake/regular_file.hpp"
#include "os/fault_points.hpp"
#include "os/files.hpp"
#include "sql/database.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::int64_t k_export_schema_version = 1;

Json manifest_of(const ExportOrder& order, const std::vector<Dataset>& datasets, std::int64_t runs) {
    auto list = Json::array();
    for (const auto& dataset : datasets) { list.push(to_json(dataset)); }
    return Json::object()
        .set("schema_version", k_export_schema_version)
        .set("format", order.format_word)
        .set("profile", profile_name(order.profile))
        .set("lake_schema_version", k_schema_version)
        .set("runs", runs)
        .set("datasets", std::move(list));
}

core::Result<std::vector<std::string>> all_keys(ExportSession& session) {
    std::vector<std::string> keys;
    RL_ASSIGN(auto rows, session.connection().query(cat("SELECT run_key FROM ", session.stored("runs"), " ORDER BY 1")));
    while (true) {
        RL_ASSIGN(const bool found, rows.next());
        if (!found) { return keys; }
        keys.emplace_back(rows.text(0));
    }
}

// Whether a value of a table, or the name of a column, is or holds the path of a root.
core::Result<bool> holds_path(ExportSession& session, const std::string& table) {
    std::string any;
    const auto* seen = session.find(table);
    for (const auto& path : session.forbidden()) {
        const auto is_named = [&](const std::string& column) { return column.find(path) != std::string::npos; };
        if (seen != nullptr && std::ranges::any_of(seen->columns, is_named)) { return true; }
        any += cat(any.empty() ? "" : " OR ", "contains(told, ", sql::quote_literal(path), ")");
    }
    if (any.empty()) { return false; }
    RL_ASSIGN(const auto rows, session.connection().integer(cat("SELECT count(*) FROM (SELECT concat_ws(chr(10), *COLUMNS(*)) AS told FROM ", sql::quote_identifier(table), ") WHERE ", any)));
    return rows > 0;
}

}  // namespace

bool has_content(const std::string& folder) {
    if (!os::stat_link(folder)) { return false; }
    const auto entries = os::list_dir(folder);
    return !entries.ok() || !entries.value().empty();
}

core::Status check_replaceable(const std::string& folder, const std::vector<std::string>& own) {
    const auto info = os::stat_link(folder);
    if (!info) { return core::ok(); }
    if (!S_ISDIR(info->st_mode)) { return Error(Errc::conflict, cat("writing to ", folder, ": it is there and no folder")); }
    if (!has_content(folder)) { return core::ok(); }
    const auto advice = "name another folder, or remove it yourself";
    const auto text = read_regular_file(os::join_path(folder, k_manifest_file), 64U << 20U);
    if (!text.ok()) { return Error(Errc::conflict, cat("writing to ", folder, ": it is not empty and no earlier export: ", advice)); }
    const auto manifest = core::parse_json(text.value(), k_manifest_file);
    if (!manifest.ok() || manifest.value().find("datasets") == nullptr || !manifest.value().integer_at("schema_version")) {
        return Error(Errc::conflict, cat("writing to ", folder, ": its manifest.json is not of an export: ", advice));
    }
    std::vector<std::string> known = own;
    known.emplace_back(k_manifest_file);
    if (const auto* datasets = manifest.value().find("datasets")->as_array()) {
        for (const auto& dataset : *datasets) { known.push_back(dataset.string_at("file").value_or("")); }
    }
    RL_ASSIGN(const auto files, files_below(folder));
    for (const auto& file : files) {
        if (std::ranges::find(known, file) == known.end()) { return Error(Errc::conflict, cat("writing to ", folder, ": ", file, " in it is not of an earlier export: ", advice)); }
    }
    return core::ok();
}

core::Result<std::string> provenance_document(core::Timestamp now, const std::string& program) {
    RL_ASSIGN(const auto duckdb, sql::library_version());
    return ascii_document(Json::object().set("schema_version", 1).set("created_at", core::format_iso(now)).set("program", program).set("duckdb", duckdb));
}

core::Result<ExportDone> export_lake(const ExportOrder& order) {
    const std::vector<std::string> own = {std::string(k_provenance_file)};
    RL_TRY(check_replaceable(order.out, own));
    RL_ASSIGN(auto session, ExportSession::open(order.database));
    RL_ASSIGN(auto staged, StagedFolder::make(order.out, {os::point::lake_dataset_write, os::point::lake_dataset_publish}));
    RL_ASSIGN(const auto keys, all_keys(session));
    RL_TRY(session.select(keys));
    RL_ASSIGN(const auto others, session.count_of_others());
    // What specter-viz and the dashboard have is fixed.
    const bool is_whole = order.profile == Profile::full && order.format_word != k_viz_format;
    const bool has_others = others > 0 && is_whole;
    if (has_others) { RL_TRY(session.identify()); }
    RL_TRY(session.show(RunNames::key));
    RL_TRY(session.confine(staged.path()));
    ExportDone done{.datasets = {}, .runs = session.selected_count() + (has_others ? others : 0), .replaced = has_content(order.out), .left_out = has_others ? 0 : others, .with_paths = {}};
    auto queries = profile_queries(session, order.profile, RunNames::key);
    std::vector<DatasetQuery> more;
    if (has_others) { RL_ASSIGN(more, queries_of_others(session)); }
    if (is_whole) { std::ranges::move(queries_of_surfaces(session), std::back_inserter(more)); }
    for (auto& query : more) {
        RL_ASSIGN(const bool is_local, holds_path(session, query.name));
        if (is_local) {
            done.with_paths.push_back(query.name);
        } else {
            queries.push_back(std::move(query));
        }
    }
    for (const auto& query : queries) {
        const DatasetTarget target{.folder = staged.path(), .file = cat(query.name, '.', format_name(order.format)), .format = order.format, .point = os::point::lake_dataset_write};
        RL_ASSIGN(auto dataset, write_dataset(session.connection(), query, target));
        done.datasets.push_back(std::move(dataset));
    }
    RL_ASSIGN(const auto manifest, ascii_document(manifest_of(order, done.datasets, done.runs)));
    RL_TRY(staged.write(std::string(k_manifest_file), manifest));
    RL_ASSIGN(const auto provenance, provenance_document(order.now, order.program));
    RL_TRY(staged.write(std::string(k_provenance_file), provenance));
    RL_TRY(os::remove_tree(os::join_path(staged.path(), ".spill"), os::point::lake_dataset_write));
    RL_TRY(staged.publish(StagedFolder::Existing::replace));
    return done;
}

}  // namespace runlake::lake
