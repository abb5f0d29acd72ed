// SPDX-License-Identifier: Apache-2.0
#include "ops/lake_tables.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "lake/registry_tables.hpp"
#include "lake/source.hpp"
#include "ops/lake_reading.hpp"

namespace runlake::ops {
namespace {

std::string_view use_name(lake::ColumnUse use) {
    switch (use) {
        case lake::ColumnUse::fact: return "fact";
        case lake::ColumnUse::place: return "place";
        case lake::ColumnUse::changing: return "changing";
        case lake::ColumnUse::source: return "source";
    }
    return "";
}

// The first source that fills a table; some are shared.
std::string filler_of(const lake::Table* table) {
    for (const auto* source : lake::all_sources()) {
        if (std::ranges::find(source->unit_tables, table) != source->unit_tables.end()) { return std::string(source->name); }
        for (const auto* extractor : source->extractors) {
            if (std::ranges::find(extractor->tables, table) != extractor->tables.end()) { return std::string(source->name); }
        }
    }
    return "registry";
}

LakeTable declared(const lake::Table& table) {
    LakeTable out{std::string(table.name), filler_of(&table), std::string(table.help), std::nullopt, {}};
    for (const auto& column : table.columns) {
        out.columns.push_back({std::string(column.name), std::string(lake::type_name(column.type)), column.is_key, std::string(use_name(column.use)), std::string(column.help)});
    }
    return out;
}

// What stands in the lake and is declared nowhere: views, and tables of the user's own surfaces.
core::Status append_others(sql::Connection& connection, std::vector<LakeTable>& tables) {
    RL_ASSIGN(auto rows, connection.query("SELECT table_name, table_type = 'VIEW', column_name, data_type FROM information_schema.tables JOIN information_schema.columns USING (table_catalog, "
                                          "table_schema, table_name) WHERE table_catalog = current_database() AND table_schema = 'main' ORDER BY table_name, ordinal_position"));
    const auto known = tables.size();
    while (true) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return core::ok(); }
        const std::string name(rows.text(0));
        if (std::ranges::any_of(tables.begin(), tables.begin() + static_cast<std::ptrdiff_t>(known), [&](const LakeTable& table) { return table.name == name; })) { continue; }
        if (tables.size() == known || tables.back().name != name) {
            const bool is_view = rows.boolean(1);
            tables.push_back({name, is_view ? "view" : "surface", name == "all_runs" ? "The runs of every source side by side." : is_view ? "" : "Made by a .sql file of the project.", std::nullopt, {}});
        }
        tables.back().columns.push_back({std::string(rows.text(2)), std::string(rows.text(3)), false, "", ""});
    }
}

}  // namespace

std::string lake_tables_page() { return lake::tables_page(); }

core::Result<LakeTablesResponse> lake_tables(const LakeTablesRequest& request) {
    LakeTablesResponse response;
    for (const auto* table : lake::all_tables()) { response.tables.push_back(declared(*table)); }
    auto opened = open_lake_of(request.store);
    if (opened.ok()) { RL_TRY(append_others(opened.value(), response.tables)); }
    if (request.table) {
        std::vector<std::string> names;
        for (const auto& table : response.tables) { names.push_back(table.name); }
        std::erase_if(response.tables, [&](const LakeTable& table) { return table.name != *request.table; });
        if (response.tables.empty()) {
            const auto near = core::nearest(*request.table, names);
            return core::Error(core::Errc::not_found, core::cat("the lake has no table \"", *request.table, '"', near ? core::cat(" (nearest: \"", *near, "\")") : ""));
        }
    }
    if (!opened.ok()) {
        if (opened.error().code() == core::Errc::usage) { return std::move(opened).take_error(); }
        response.notes.push_back(core::cat("no counts: ", opened.error().message()));
        return response;
    }
    for (auto& table : response.tables) { RL_ASSIGN(table.rows, opened.value().integer(core::cat("SELECT count(*) FROM ", sql::quote_identifier(table.name)))); }
    return response;
}

core::Json to_json(const LakeTablesResponse& response) {
    auto tables = core::Json::array();
    for (const auto& table : response.tables) {
        auto columns = core::Json::array();
        for (const auto& column : table.columns) {
            auto one = core::Json::object().set("name", column.name).set("type", column.type).set("key", column.is_key);
            columns.push(one.set("use", column.use.empty() ? core::Json() : core::Json(column.use)).set("help", column.help));
        }
        tables.push(core::Json::object().set("name", table.name).set("from", table.from).set("help", table.help).set("rows", core::Json(table.rows)).set("columns", std::move(columns)));
    }
    auto notes = core::Json::array();
    for (const auto& note : response.notes) { notes.push(note); }
    return core::Json::object().set("tables", std::move(tables)).set("notes", std::move(notes));
}

}  // namespace runlake::ops
