// SPDX-License-Identifier: Apache-2.0
#include "runs/query_console.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

#include "core/text.hpp"
#include "runs/query_text.hpp"
#include "runs/schema.hpp"
#include "sql/appender.hpp"
#include "sql/refusal.hpp"

namespace runlake::runs {
namespace {

using core::Errc;
using core::Error;

// Table functions that only make rows of their arguments, or describe the tables. Others read files, or change the process (enable_logging, checkpoint).
constexpr std::array k_harmless_functions = std::to_array<std::string_view>({
    "SEQ_SCAN",          "RANGE",           "GENERATE_SERIES",   "UNNEST",          "REPEAT",           "REPEAT_ROW",        "JSON_EACH",
    "JSON_TREE",         "SUMMARY",         "DUCKDB_TABLES",     "DUCKDB_COLUMNS",  "DUCKDB_VIEWS",     "DUCKDB_CONSTRAINTS", "DUCKDB_DATABASES",
    "DUCKDB_FUNCTIONS",  "DUCKDB_INDEXES",  "DUCKDB_KEYWORDS",   "DUCKDB_SCHEMAS",  "DUCKDB_SEQUENCES", "DUCKDB_SETTINGS",   "DUCKDB_TYPES",
    "PRAGMA_TABLE_INFO", "PRAGMA_SHOW",     "PRAGMA_VERSION",    "PG_TIMEZONE_NAMES", "ICU_CALENDAR_NAMES",
});

constexpr std::string_view k_what_is_taken = "this statement does not only read: SELECT, FROM, VALUES, DESCRIBE, SHOW and SUMMARIZE are taken";

// The first table function in a plan that is not harmless.
std::optional<std::string> other_function(const core::Json& node) {
    if (const core::JsonArray* nodes = node.as_array()) {
        for (const core::Json& child : *nodes) {
            if (auto found = other_function(child)) { return found; }
        }
        return std::nullopt;
    }
    if (const core::Json* info = node.find("extra_info")) {
        const auto function = info->string_at("Function");
        if (function && std::ranges::find(k_harmless_functions, *function) == k_harmless_functions.end()) { return core::lower_ascii(*function); }
    }
    const core::Json* children = node.find("children");
    return children == nullptr ? std::nullopt : other_function(*children);
}

enum class Transfer : std::uint8_t { native, as_double, as_text, as_number_text };

Transfer transfer_of(std::string_view type, ConsoleForm form) {
    if (type == "VARCHAR") { return Transfer::native; }
    if (form == ConsoleForm::text) { return Transfer::as_text; }
    constexpr std::array k_native = std::to_array<std::string_view>(
        {"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "DOUBLE"});
    if (std::ranges::find(k_native, type) != k_native.end()) { return Transfer::native; }
    if (type == "FLOAT") { return Transfer::as_double; }
    if (type.starts_with("DECIMAL") || type.ends_with("HUGEINT") || type == "UBIGINT" || type == "BIGNUM") {
        // A list of them ("HUGEINT[]") is text.
        return type.ends_with(']') ? Transfer::as_text : Transfer::as_number_text;
    }
    return Transfer::as_text;
}

core::Json number_of(const std::string& text) {
    if (const auto integer = core::parse_integer(text)) { return *integer; }
    const bool digits = text.find_first_not_of("-0123456789") == std::string::npos;
    if (digits) { return core::BigInteger{text}; }
    const auto number = core::parse_float(text);
    return number ? core::Json(*number) : core::Json(text);
}

core::Status append_row(sql::Appender& appender, const sql::Rows& rows) {
    for (std::size_t i = 0; i < rows.column_count(); ++i) {
        std::visit(
            [&](const auto& value) {
                if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) { appender.set(i, value); }
            },
            read_cell(rows, i));
    }
    return appender.end_row();
}

core::Result<sql::Connection> database_of_tenant(sql::Connection& from, const std::string& tenant) {
    RL_ASSIGN(const sql::Database database, sql::Database::open("", sql::Access::in_memory));
    RL_ASSIGN(sql::Connection to, database.connect());
    RL_TRY(create_schema(to, Indexes::never));
    for (const Table& table : tables()) {
        if (table.overlay == Overlay::internal) {
            RL_TRY(to.run(core::cat("DROP TABLE ", table.name)));
            continue;
        }
        RL_ASSIGN(sql::Appender appender, sql::Appender::open(to, std::string(table.name)));
        QueryText query;
        query.add("SELECT t.* FROM ").add(table.name).add(" t WHERE t.run_id IN (SELECT r.run_id FROM runs r WHERE r.tenant_id = ").bind(tenant).add(")");
        RL_TRY(each_row(from, query, [&](const sql::Rows& rows) { return append_row(appender, rows); }));
        RL_TRY(appender.close());
    }
    return to;
}

}  // namespace

std::string_view without_end(std::string_view sql) {
    // The end of the last token that is neither white space nor a comment nor a semicolon.
    std::size_t end = 0;
    std::size_t i = 0;
    const auto skip_to = [&](std::string_view mark, std::size_t from) {
        const std::size_t at = sql.find(mark, from);
        return at == std::string_view::npos ? sql.size() : at + mark.size();
    };
    while (i < sql.size()) {
        const char c = sql[i];
        if (sql.substr(i).starts_with("--")) {
            i = skip_to("\n", i);
            continue;
        }
        if (sql.substr(i).starts_with("/*")) {
            int depth = 0;
            do {  // comments nest
                if (sql.substr(i).starts_with("/*")) {
                    ++depth;
                    i += 2;
                } else if (sql.substr(i).starts_with("*/")) {
                    --depth;
                    i += 2;
                } else {
                    ++i;
                }
            } while (depth > 0 && i < sql.size());
            i = std::min(i, sql.size());
            continue;
        }
        if (c == '\'' || c == '"') {
            // A doubled quote starts the next piece at once; an E'...' string may hide a quote behind a backslash.
            const bool escapes = c == '\'' && i > 0 && (sql[i - 1] == 'e' || sql[i - 1] == 'E');
            ++i;
            while (i < sql.size() && sql[i] != c) { i += escapes && sql[i] == '\\' ? 2 : 1; }
            i = std::min(i + 1, sql.size());
            end = i;
            continue;
        }
        if (c == '$') {
            const std::size_t close = sql.find('$', i + 1);
            const std::string_view tag = close == std::string_view::npos ? "" : sql.substr(i, close + 1 - i);
            const bool quote = !tag.empty() && tag.substr(1, tag.size() - 2).find_first_of(" \t\r\n'\"();,-") == std::string_view::npos;
            i = quote ? skip_to(tag, close + 1) : i + 1;
            end = i;
            continue;
        }
        ++i;
        if (c != ';' && c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '\v' && c != '\f') { end = i; }
    }
    return sql.substr(0, end);
}

core::Result<Console> Console::open(Session session, const std::optional<std::string>& tenant) {
    std::optional<sql::Connection> connection;
    if (tenant) {
        RL_ASSIGN(connection, database_of_tenant(session.connection(), *tenant));
    } else {
        connection = std::move(session.connection());
    }
    return over(std::move(*connection));
}

core::Result<Console> Console::over(sql::Connection connection) {
    // No spilling to disk, then no files at all, then no way back: the order matters.
    RL_TRY(connection.run("SET temp_directory = ''"));
    RL_TRY(connection.run("SET enable_external_access = false"));
    RL_TRY(connection.run("SET lock_configuration = true"));
    return Console(std::move(connection));
}

core::Status Console::check(const std::string& statement) {
    if (statement.empty()) { return Error(Errc::usage, "there is no SQL statement to run"); }
    RL_ASSIGN(const sql::Statement prepared, sql::of_user(connection_.prepare(statement)));
    if (prepared.kind() != sql::StatementKind::select) {
        return Error(Errc::usage, std::string(k_what_is_taken));
    }
    if (prepared.parameter_count() != 0) { return Error(Errc::usage, "the statement has parameters, for which nothing can be given"); }
    std::string plan;
    auto explained = sql::of_user(each_row(connection_, QueryText().add("EXPLAIN (FORMAT json) FROM (").add(statement).add("\n)"), [&](const sql::Rows& rows) {
        plan += rows.text(1);
        return core::ok();
    }));
    // It was parsed already: what can't stand in a FROM is a PRAGMA, which DuckDB takes for a SELECT.
    if (!explained.ok() && explained.error().message().find("Parser Error") != std::string::npos) { return Error(Errc::usage, std::string(k_what_is_taken)); }
    RL_TRY(std::move(explained));
    RL_ASSIGN(const core::Json tree, core::parse_json(plan, "plan of the statement", 2000));
    if (const auto function = other_function(tree)) {
        return Error(Errc::usage, core::cat("the function ", *function, "() is not available here: queries read tables only"));
    }
    return core::ok();
}

core::Status Console::run(std::string_view sql, ConsoleForm form, const std::function<core::Status(const std::vector<ConsoleColumn>&)>& columns,
                          const std::function<core::Status(const std::vector<core::Json>&)>& row) {
    const std::string statement(without_end(sql));
    RL_TRY(check(statement));
    std::vector<ConsoleColumn> described;
    RL_TRY(sql::of_user(each_row(connection_, QueryText().add("DESCRIBE FROM (").add(statement).add("\n)"), [&](const sql::Rows& rows) {
        described.push_back({std::string(rows.text(0)), std::string(rows.text(1))});
        return core::ok();
    })));
    QueryText query;
    query.add("SELECT ");
    std::string aliases;
    std::vector<Transfer> transfers;
    for (std::size_t i = 0; i < described.size(); ++i) {
        const std::string alias = core::cat("column", i);
        const std::string_view comma = i == 0 ? "" : ", ";
        aliases += core::cat(comma, alias);
        transfers.push_back(transfer_of(described[i].type, form));
        const Transfer transfer = transfers.back();
        query.add(comma).add(transfer == Transfer::native      ? alias
                             : transfer == Transfer::as_double ? core::cat("CAST(", alias, " AS DOUBLE)")
                                                               : core::cat("CAST(", alias, " AS VARCHAR)"));
    }
    query.add(" FROM (").add(statement).add("\n) AS answer(").add(aliases).add(")");
    RL_TRY(columns(described));
    std::vector<core::Json> cells(described.size());
    // What `row` itself reports (a full disk) is not about the statement.
    std::optional<Error> of_row;
    auto status = each_row(connection_, query, [&](const sql::Rows& rows) -> core::Status {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            cells[i] = cell_json(read_cell(rows, i));
            if (transfers[i] == Transfer::as_number_text && cells[i].is_string()) { cells[i] = number_of(*cells[i].as_string()); }
        }
        auto done = row(cells);
        if (!done.ok()) { of_row = done.error(); }
        return done;
    });
    if (of_row) { return std::move(*of_row); }
    return sql::of_user(std::move(status));
}

}  // namespace runlake::runs
