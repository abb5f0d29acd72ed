// SPDX-License-Identifier: Apache-2.0
#include "lake/changing_sql.hpp"

#include <algorithm>
#include <array>

#include "core/json_lists.hpp"
#include "core/text.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Json;

// What answers differently from one time, machine, session or version to the next.
constexpr auto k_changing_functions = std::to_array<std::string_view>(
    {"random", "setseed", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "now", "today", "current_date", "current_time", "current_timestamp", "current_localtime",
     "current_localtimestamp", "localtime", "localtimestamp", "get_current_time", "get_current_timestamp", "transaction_timestamp", "txid_current", "current_transaction_id",
     "current_query", "current_query_id", "current_connection_id", "current_database", "current_catalog", "current_schema", "current_schemas", "current_user", "session_user", "user",
     "current_role", "current_setting", "getvariable", "getenv", "in_search_path", "version", "pg_postmaster_start_time", "nextval", "currval", "sleep_ms", "write_log", "age",
     "reservoir_quantile", "approx_quantile", "approx_top_k"});

std::optional<std::string> told(const std::string& name) {
    const auto small = core::lower_ascii(name);
    return is_changing_function(small) ? std::optional(cat("the function ", small, "() answers differently from time to time or place to place")) : std::nullopt;
}

// current_date and its like are written without parentheses.
std::optional<std::string> of_column(const Json& node) {
    const auto& list = core::list_at(node, "column_names");
    if (list.size() != 1 || !list.front().is_string()) { return std::nullopt; }
    const auto name = core::lower_ascii(*list.front().as_string());
    return name.starts_with("current_") || name.starts_with("local") || name == "session_user" ? told(name) : std::nullopt;
}

}  // namespace

bool is_changing_function(std::string_view name) { return std::ranges::find(k_changing_functions, name) != k_changing_functions.end(); }

std::optional<std::string> what_changes(const Json& tree) {
    if (const auto* items = tree.as_array()) {
        for (const auto& item : *items) {
            if (auto found = what_changes(item)) { return found; }
        }
        return std::nullopt;
    }
    const auto* members = tree.as_object();
    if (members == nullptr) { return std::nullopt; }
    if (const auto* sample = tree.find("sample"); sample != nullptr && !sample->is_null()) { return "a sample is another each time"; }
    if (const auto name = tree.string_at("function_name")) {
        if (auto found = told(*name)) { return found; }
    }
    if (tree.string_at("type") == "COLUMN_REF") {
        if (auto found = of_column(tree)) { return found; }
    }
    for (const auto& [key, value] : *members) {
        if (auto found = what_changes(value)) { return found; }
    }
    return std::nullopt;
}

}  // namespace runlake::lake
