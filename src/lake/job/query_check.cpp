// SPDX-License-Identifier: Apache-2.0
#include "lake/job/query_check.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "core/json.hpp"
#include "core/text.hpp"
#include "lake/changing_sql.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr int k_depth = 2000;
constexpr int k_most_aggregates = 4;  // in each other
// Joins that ask which row stands beside, or nearest to, another.
constexpr auto k_ordered_joins = std::to_array<std::string_view>({"ASOF", "POSITIONAL"});
// Table functions that only make rows of their arguments.
constexpr auto k_table_functions = std::to_array<std::string_view>({"range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree"});
// Aggregates whose answer depends on the order in which rows come: by rounding, or by what they keep. The order of rows after a join is the optimizer's choice, which depends on how a table was
// filled.
constexpr auto k_ordered_aggregates = std::to_array<std::string_view>(
    {"sum", "fsum", "kahan_sum", "sumkahan", "sum_no_overflow", "avg", "mean", "favg", "product", "geometric_mean", "geomean", "stddev", "stddev_samp", "stddev_pop", "variance", "var_samp",
     "var_pop", "sem", "skewness", "kurtosis", "kurtosis_pop", "corr", "covar_pop", "covar_samp", "regr_avgx", "regr_avgy", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx",
     "regr_sxy", "regr_syy", "entropy", "weighted_avg", "wavg", "first", "last", "any_value", "arbitrary", "list", "array_agg", "string_agg", "group_concat", "listagg", "mode", "arg_min",
     "arg_max", "argmin", "argmax", "min_by", "max_by", "arg_min_null", "arg_max_null", "histogram", "map_from_entries", "json_group_array", "json_group_object", "json_group_structure"});

bool is_among(std::span<const std::string_view> names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

// SQL's names do not tell small letters from capital ones.
using Names = std::set<std::string, std::less<>>;

void collect_ctes(const Json& node, Names& names) {
    if (const auto* items = node.as_array()) {
        for (const auto& item : *items) { collect_ctes(item, names); }
        return;
    }
    const auto* members = node.as_object();
    if (members == nullptr) { return; }
    for (const auto& [key, value] : *members) {
        if (key == "cte_map") {
            const auto* map = value.find("map");
            if (const auto* entries = map == nullptr ? nullptr : map->as_array()) {
                for (const auto& entry : *entries) { names.insert(core::lower_ascii(entry.string_at("key").value_or(""))); }
            }
        }
        if (key == "cte_name" && value.is_string()) { names.insert(core::lower_ascii(*value.as_string())); }
        collect_ctes(value, names);
    }
}

// Whether LIMIT or DISTINCT ON is among the modifiers of a query.
bool keeps_some(const Json& modifiers) {
    const auto* list = modifiers.as_array();
    return list != nullptr && std::ranges::any_of(*list, [](const Json& modifier) {
        const auto* targets = modifier.find("distinct_on_targets");
        return modifier.string_at("type").value_or("").starts_with("LIMIT") || (targets != nullptr && targets->is_array() && !targets->as_array()->empty());
    });
}

class Walk {
  public:
    explicit Walk(Names tables) : tables_(std::move(tables)) {}

    core::Status check(const Json& node) const {
        if (const auto* items = node.as_array()) {
            for (const auto& item : *items) { RL_TRY(check(item)); }
            return core::ok();
        }
        const auto* members = node.as_object();
        if (members == nullptr) { return core::ok(); }
        const auto type = node.string_at("type").value_or("");
        if (type == "BASE_TABLE") { RL_TRY(table(node)); }
        if (type == "TABLE_FUNCTION") { RL_TRY(table_function(node)); }
        if (type == "SHOW_REF") { return Error(Errc::usage, "DESCRIBE, SHOW and SUMMARIZE give no dataset"); }
        if (type == "VALUE_PARAMETER") { return Error(Errc::usage, "the query has parameters, for which nothing can be given"); }
        RL_TRY(modifiers(node));
        for (const auto& [key, value] : *members) {
            // The function of a table function was looked at; its arguments are below.
            if (key == "function" && type == "TABLE_FUNCTION") {
                if (const auto* arguments = value.find("children")) { RL_TRY(check(*arguments)); }
                continue;
            }
            RL_TRY(check(value));
        }
        return core::ok();
    }

  private:
    core::Status table(const Json& node) const {
        const auto name = node.string_at("table_name").value_or("");
        const auto schema = node.string_at("schema_name").value_or("");
        if (!schema.empty() || !node.string_at("catalog_name").value_or("").empty()) {
            return Error(Errc::usage, cat("table ", schema, schema.empty() ? "" : ".", name, ": tables are named without database and schema"));
        }
        if (tables_.contains(core::lower_ascii(name))) { return core::ok(); }
        const std::vector<std::string> words(tables_.begin(), tables_.end());
        const auto near = core::nearest(core::lower_ascii(name), words);
        return Error(Errc::usage, cat("table \"", name, "\": the lake shows none to a job", near ? cat(" (nearest: \"", *near, "\")") : ""));
    }
    // Which rows LIMIT and DISTINCT ON keep is said by an order only.
    static core::Status modifiers(const Json& node) {
        const auto* list = node.find("modifiers");
        if (list == nullptr || !list->is_array()) { return core::ok(); }
        const bool is_ordered = std::ranges::any_of(*list->as_array(), [](const Json& modifier) { return modifier.string_at("type") == "ORDER_MODIFIER"; });
        if (is_ordered || !keeps_some(*list)) { return core::ok(); }
        return Error(Errc::usage, "LIMIT and DISTINCT ON need an ORDER BY beside them: else they keep any rows");
    }
    static core::Status table_function(const Json& node) {
        const auto* called = node.find("function");
        const auto name = core::lower_ascii(called == nullptr ? "" : called->string_at("function_name").value_or(""));
        if (is_among(k_table_functions, name)) { return core::ok(); }
        return Error(Errc::usage, cat("the function ", name, "() is not available here: a job reads the tables of the lake only"));
    }
    Names tables_;
};

// What of a query is answered by the order of rows wherever its author left that open, and where tables are named.
class Open {
  public:
    explicit Open(const Json& statement) { look(statement, 0); }
    bool depends_on_order() const { return depends_; }
    const Names& tables() const { return tables_; }

  private:
    void look(const Json& node, int selects) {
        if (const auto* items = node.as_array()) {
            for (const auto& item : *items) { look(item, selects); }
            return;
        }
        const auto* members = node.as_object();
        if (members == nullptr) { return; }
        const auto type = node.string_at("type").value_or("");
        if (type == "BASE_TABLE") { tables_.insert(core::lower_ascii(node.string_at("table_name").value_or(""))); }
        // The order of the whole is completed, and with it what it keeps.
        const auto* modifiers = node.find("modifiers");
        const bool is_inner = modifiers != nullptr && selects > 0;
        depends_ = depends_ || node.string_at("class") == "WINDOW" || is_among(k_ordered_joins, node.string_at("ref_type").value_or("")) || (is_inner && keeps_some(*modifiers));
        for (const auto& [key, value] : *members) { look(value, selects + (modifiers != nullptr ? 1 : 0)); }
    }
    bool depends_ = false;
    Names tables_;
};

core::Result<Json> parse_query(ExportSession& session, const std::string& sql) {
    RL_ASSIGN(auto rows, session.connection().query(cat("SELECT json_serialize_sql(", sql::quote_literal(sql), ")")));
    RL_TRY(rows.next());
    RL_ASSIGN(auto tree, core::parse_json(rows.text(0), "the parsed query", k_depth));
    if (tree.bool_at("error").value_or(true)) {
        const auto message = tree.string_at("error_message").value_or("it can't be parsed");
        const bool is_other = message.find("Only SELECT") != std::string::npos;
        return Error(Errc::usage, is_other ? "it is no SELECT (PIVOT with columns found by itself counts as none): a job only reads" : core::lower_ascii(message.substr(0, 1)) + message.substr(1));
    }
    return tree;
}

Json position_order(std::int64_t position) {
    Json constant = Json::object();
    constant.set("class", "CONSTANT").set("type", "VALUE_CONSTANT").set("alias", "").set("query_location", 0);
    constant.set("value", Json::object().set("type", Json::object().set("id", "INTEGER").set("type_info", nullptr)).set("is_null", false).set("value", position));
    return Json::object().set("type", "ORDER_DEFAULT").set("null_order", "ORDER_DEFAULT").set("expression", std::move(constant));
}

// What one ORDER BY of an aggregate leaves open is decided by its arguments: then its answer follows from the set of rows alone. What an argument holds stands twice then, so that there is an end to
// aggregates in queries in arguments of aggregates.
core::Status order_aggregates(Json& node, int around = 0) {
    if (auto* items = node.as_array()) {
        for (auto& item : *items) { RL_TRY(order_aggregates(item, around)); }
        return core::ok();
    }
    auto* members = node.as_object();
    if (members == nullptr) { return core::ok(); }
    const bool is_aggregate = node.string_at("class") == "FUNCTION" && is_among(k_ordered_aggregates, core::lower_ascii(node.string_at("function_name").value_or("")));
    if (is_aggregate) {
        if (++around > k_most_aggregates) { return Error(Errc::usage, cat("more than ", k_most_aggregates, " aggregate functions lie in each other")); }
        auto arguments = core::JsonArray();
        if (const auto* children = node.find("children"); children != nullptr && children->is_array()) {
            for (const auto& child : *children->as_array()) {
                if (child.string_at("class") != "CONSTANT" && child.string_at("class") != "STAR") { arguments.push_back(child); }
            }
        }
        for (auto& [key, value] : *members) {
            auto* order = key == "order_bys" ? value.as_object() : nullptr;
            if (order == nullptr) { continue; }
            for (auto& [name, list] : *order) {
                if (name != "orders" || list.as_array() == nullptr) { continue; }
                for (auto& argument : arguments) {
                    list.push(Json::object().set("type", "ORDER_DEFAULT").set("null_order", "ORDER_DEFAULT").set("expression", argument));
                }
            }
        }
    }
    for (auto& [key, value] : *members) { RL_TRY(order_aggregates(value, around)); }
    return core::ok();
}

// The list of orders of the outermost query, null when there is none.
core::JsonArray* orders_of(Json& node) {
    auto* members = node.as_object();
    if (members == nullptr) { return nullptr; }
    for (auto& [key, value] : *members) {
        if (key != "modifiers" || value.as_array() == nullptr) { continue; }
        for (auto& modifier : *value.as_array()) {
            if (modifier.string_at("type") != "ORDER_MODIFIER") { continue; }
            for (auto& [name, list] : *modifier.as_object()) {
                if (name == "orders" && list.as_array() != nullptr && !list.as_array()->empty()) { return list.as_array(); }
            }
        }
    }
    return nullptr;
}

// ORDER BY ALL. Written out again it would be COLUMNS(*), which are those of the tables that are read, not those of the answer.
bool is_by_all(const Json& order) {
    const auto* expression = order.find("expression");
    return order.is_object() && expression != nullptr && expression->is_object() && expression->string_at("class") == "STAR";
}

std::int64_t count_by_all(const Json& node) {
    std::int64_t count = is_by_all(node) ? 1 : 0;
    if (const auto* items = node.as_array()) {
        for (const auto& item : *items) { count += count_by_all(item); }
    } else if (const auto* members = node.as_object()) {
        for (const auto& [key, value] : *members) { count += count_by_all(value); }
    }
    return count;
}

Json* member_of(Json& value, std::string_view key) {
    auto* members = value.as_object();
    if (members == nullptr) { return nullptr; }
    const auto found = std::ranges::find(*members, key, &core::JsonMember::first);
    return found == members->end() ? nullptr : &found->second;
}

core::Result<std::int64_t> width_of(ExportSession& session, const std::string& sql) {
    auto rows = session.connection().query(cat("DESCRIBE FROM (", sql, "\n)"));
    if (!rows.ok()) { return Error(Errc::usage, rows.error().message()); }
    std::int64_t width = 0;
    while (true) {
        RL_ASSIGN(const bool found, rows.value().next());
        if (!found) { return width; }
        ++width;
    }
}

}  // namespace

core::Result<std::string> checked_query(ExportSession& session, const std::string& sql) {
    RL_ASSIGN(auto tree, parse_query(session, sql));
    auto* statements = member_of(tree, "statements");
    auto* list = statements == nullptr ? nullptr : statements->as_array();
    if (list == nullptr || list->size() != 1) { return Error(Errc::usage, "it is not one statement"); }
    Names tables = {"selected_runs", "job_context"};
    for (const auto& table : session.tables()) { tables.insert(core::lower_ascii(table.name)); }
    collect_ctes(list->front(), tables);
    if (const auto changing = what_changes(list->front())) { return Error(Errc::usage, *changing); }
    RL_TRY(Walk(std::move(tables)).check(list->front()));
    if (const Open open(list->front()); open.depends_on_order()) {
        std::vector<std::string> names;
        for (const auto& table : session.tables()) {
            if (open.tables().contains(core::lower_ascii(table.name))) { names.push_back(table.name); }
        }
        for (const auto& name : names) { RL_TRY(session.settle(name)); }
    }
    RL_TRY(order_aggregates(list->front()));
    auto* node = member_of(list->front(), "node");
    auto* orders = node == nullptr ? nullptr : orders_of(*node);
    if (orders == nullptr) { return Error(Errc::usage, "it has no ORDER BY at its end: the order of the rows is part of a dataset"); }
    if (count_by_all(list->front()) > std::ranges::count_if(*orders, is_by_all)) { return Error(Errc::usage, "ORDER BY ALL is for the end of a query: name the columns inside of it"); }
    const auto restored = [&](const Json& query) -> core::Result<std::string> {
        RL_ASSIGN(auto rows, session.connection().query(cat("SELECT json_deserialize_sql(", sql::quote_literal(core::to_json(query)), ")")));
        RL_TRY(rows.next());
        return std::string(rows.text(0));
    };
    RL_ASSIGN(const auto plain, restored(tree));
    RL_ASSIGN(const auto width, width_of(session, plain));
    core::JsonArray whole;
    for (auto& order : *orders) {
        const bool by_all = is_by_all(order);
        if (!by_all) { whole.push_back(std::move(order)); }
        for (std::int64_t i = 1; by_all && i <= width; ++i) {
            whole.push_back(position_order(i).set("type", order.string_at("type").value_or("ORDER_DEFAULT")).set("null_order", order.string_at("null_order").value_or("ORDER_DEFAULT")));
        }
    }
    for (std::int64_t i = 1; i <= width; ++i) { whole.push_back(position_order(i)); }
    *orders = std::move(whole);
    return restored(tree);
}

}  // namespace runlake::lake
