// SPDX-License-Identifier: Apache-2.0
#include "lake/surface_sandbox.hpp"

#include <algorithm>
#include <array>

#include "core/json.hpp"
#include "core/text.hpp"
#include "lake/changing_sql.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Error;
using sql::quote_literal;

constexpr int k_deepest_tree = 2000;
constexpr auto k_own_columns = std::to_array<std::string_view>({"run_key", "root_id", "rel_path", "row", k_surface_file, k_surface_row});
constexpr std::string_view k_not_one_select = "it is not one SELECT (PIVOT is one when it names its columns: ON column IN (...))";

// "LINE 3: ..." of DuckDB's message: the line of the statement.
std::optional<std::uint64_t> line_of(std::string_view message) {
    const auto at = message.rfind("LINE ");
    if (at == std::string_view::npos) { return std::nullopt; }
    const auto rest = message.substr(at + 5);
    const auto line = core::parse_integer(rest.substr(0, rest.find_first_not_of("0123456789")));
    return line && *line > 0 ? std::optional(static_cast<std::uint64_t>(*line)) : std::nullopt;
}

// Lines of the message are `before` lines further down than those of the surface.
void refuse(SurfaceOutcome& out, const Error& error, std::uint64_t before) {
    out.error = error.message();
    out.line = line_of(out.error);
    if (out.line) { out.line = *out.line > before ? std::optional(*out.line - before) : std::nullopt; }
}

// A surface may end in semicolons and comments after them; prepare() has seen that it is one statement.
std::string_view without_semicolon(std::string_view sql) {
    const auto end = sql.rfind(';');
    if (end == std::string_view::npos) { return sql; }
    // One in a comment or a text is followed by more than comments.
    for (const auto line : core::split(sql.substr(end + 1), '\n')) {
        const auto text = core::trim(line);
        if (!text.empty() && !text.starts_with("--")) { return sql; }
    }
    const auto begin = sql.rfind('\n', end);
    const auto line = sql.substr(begin == std::string_view::npos ? 0 : begin + 1, end - (begin == std::string_view::npos ? 0 : begin + 1));
    return line.find("--") == std::string_view::npos ? sql.substr(0, end) : sql;
}

}  // namespace

core::Result<SurfaceColumns> columns_of(sql::Connection& connection, const std::string& select) {
    RL_ASSIGN(auto rows, connection.query(cat("SELECT column_name, column_type FROM (DESCRIBE ", select, ')')));
    SurfaceColumns columns;
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return columns; }
        columns.emplace_back(std::string(rows.text(0)), std::string(rows.text(1)));
    }
}

core::Result<SurfaceSandbox> SurfaceSandbox::open(const std::string& database, const std::vector<std::string>& paths) {
    RL_ASSIGN(const auto memory, sql::Database::open("", sql::Access::in_memory, {{"threads", "1"}, {"memory_limit", "2GB"}}));
    RL_ASSIGN(auto connection, memory.connect());
    std::string list;
    for (const auto& path : paths) { list += cat(list.empty() ? "" : ", ", quote_literal(path)); }
    // Once external access is off it can't be switched on again, nor can anything else be set.
    RL_TRY(connection.run(cat("SET TimeZone = 'UTC'; ATTACH ", quote_literal(database), " AS kept; SET allowed_paths = [", list, "]; SET enable_external_access = false; SET lock_configuration = true")));
    return SurfaceSandbox(std::move(connection));
}

SurfaceOutcome SurfaceSandbox::run(const Surface& surface, const std::string& path, std::size_t number) {
    SurfaceOutcome out;
    const std::string statement = surface_sql(surface, path);
    is_known_ = is_known_ || is_taken(statement, out);
    if (!is_known_) { return out; }
    // On a line of its own: the surface may end in a comment.
    const std::string rows = cat("FROM (\n", without_semicolon(statement), "\n) AS s");
    auto columns = columns_of(connection_, cat("SELECT * ", rows));
    if (!columns.ok()) {
        if (is_taken(statement, out)) { refuse(out, columns.error(), 1); }
        return out;
    }
    for (const auto& [name, type] : columns.value()) {
        if (std::find(k_own_columns.begin(), k_own_columns.end(), core::lower_ascii(name)) == k_own_columns.end()) { continue; }
        out.error = cat("the column '", name, "' is one of those that stand before a surface's own: run_key, root_id, rel_path, row");
        out.is_of_surface = true;
        return out;
    }
    const auto [table, is_new] = tables_.emplace(columns.value(), cat('t', tables_.size()));
    if (is_new) {
        const auto made = connection_.run(cat("CREATE TABLE kept.", table->second, " AS SELECT 0::BIGINT AS ", k_surface_file, ", 0::BIGINT AS ", k_surface_row, ", s.* ", rows, " LIMIT 0"));
        if (!made.ok()) {
            tables_.erase(table);
            refuse(out, made.error(), 1);
            return out;
        }
    }
    const auto kept = connection_.query(cat("INSERT INTO kept.", table->second, " SELECT ", number, ", row_number() OVER () - 1, s.* ", rows));
    if (!kept.ok()) {
        refuse(out, kept.error(), 1);
        return out;
    }
    out.rows = static_cast<std::int64_t>(kept.value().rows_changed());
    out.columns = std::move(columns).take();
    return out;
}

bool SurfaceSandbox::is_taken(const std::string& statement, SurfaceOutcome& out) {
    const auto prepared = connection_.prepare(statement);
    if (!prepared.ok()) {
        // Binding looks into the file already, so that all but the syntax may be the file's fault.
        refuse(out, prepared.error(), 0);
        out.is_of_surface = out.error.find("Parser Error") != std::string::npos;
        // Of a PIVOT that is to find its columns itself DuckDB makes two statements.
        if (out.error.find("multiple statements") != std::string::npos) {
            out.error = k_not_one_select;
            out.is_of_surface = true;
        }
        return false;
    }
    if (prepared.value().kind() != sql::StatementKind::select) {
        out.error = k_not_one_select;
        out.is_of_surface = true;
        return false;
    }
    if (auto changing = changing_in(statement)) {
        out.error = *changing;
        out.is_of_surface = true;
        return false;
    }
    return true;
}

std::optional<std::string> SurfaceSandbox::changing_in(const std::string& statement) {
    auto rows = connection_.query(cat("SELECT json_serialize_sql(", quote_literal(statement), ")"));
    if (!rows.ok() || !rows.value().next().value_or(false)) { return std::nullopt; }
    const auto tree = core::parse_json(rows.value().text(0), "the parsed statement", k_deepest_tree);
    return tree.ok() ? what_changes(tree.value()) : std::nullopt;
}

}  // namespace runlake::lake
