// SPDX-License-Identifier: Apache-2.0
#include "runs/query_export.hpp"

#include <array>

#include "core/json.hpp"
#include "core/text.hpp"
#include "runs/query_list.hpp"
#include "runs/query_seen.hpp"

namespace runlake::runs {
namespace {

constexpr std::size_t k_piece = 64U << 10U;

core::Result<QueryText> select_text(sql::Connection& connection, const ExportQuery& query, Form form) {
    SeenRuns seen;
    if (asks_for_seen(query.filter)) { RL_ASSIGN(seen, look_at_running(connection, nullptr)); }
    QueryText text;
    text.add("WITH ").add(every_run_cte()).add(" SELECT ");
    for (std::size_t i = 0; i < query.columns.size(); ++i) {
        if (i > 0) { text.add(", "); }
        text.add(column_sql(query.columns[i], form)).add(" AS ").add(sql::quote_identifier(query.columns[i].name));
    }
    text.add(" FROM every r").add(where_clause(query.filter, seen)).add(order_sql(std::nullopt, false));
    return text;
}

// Collects text and hands it on in pieces.
class Pieces {
  public:
    explicit Pieces(const Sink& sink) : sink_(sink) {}
    std::string& text() { return text_; }
    core::Status row_done() {
        ++rows_;
        return text_.size() < k_piece ? core::ok() : flush();
    }
    core::Status flush() {
        RL_TRY(sink_(text_));
        text_.clear();
        return core::ok();
    }
    std::int64_t rows() const { return rows_; }

  private:
    const Sink& sink_;
    std::string text_;
    std::int64_t rows_ = 0;
};

void append_value(std::string& out, const ColumnSpec& column, const Cell& cell) {
    const auto* text = std::get_if<std::string>(&cell);
    if (column.source == ColumnSource::param && text != nullptr) {
        // Already JSON; what is not is written as the string it is.
        auto value = core::parse_json(*text, "parameter");
        core::append_json(out, value.ok() ? value.value() : core::Json(*text));
        return;
    }
    core::append_json(out, cell_json(cell));
}

}  // namespace

core::Result<ExportFormat> parse_export_format(std::string_view name) {
    if (name == "csv") { return ExportFormat::csv; }
    if (name == "jsonl") { return ExportFormat::jsonl; }
    if (name == "parquet") { return ExportFormat::parquet; }
    const std::array<std::string, 3> words{"csv", "jsonl", "parquet"};
    const auto near = core::nearest(core::lower_ascii(name), words);
    return core::Error(core::Errc::usage, core::cat("unknown format \"", core::valid_utf8(name), "\"", near ? core::cat(", did you mean ", *near, "?") : "",
                                                    " (formats: csv jsonl parquet)"));
}

void append_csv(std::string& out, const std::optional<std::string_view>& value) {
    if (!value) { return; }
    if (!value->empty() && value->find_first_of(",\"\n\r#") == std::string_view::npos) {
        out += *value;
        return;
    }
    out += '"';
    for (const char c : *value) {
        if (c == '"') { out += '"'; }
        out += c;
    }
    out += '"';
}

core::Result<std::int64_t> export_csv(sql::Connection& connection, const ExportQuery& query, const Sink& sink) {
    RL_ASSIGN(const QueryText text, select_text(connection, query, Form::text));
    Pieces pieces(sink);
    for (std::size_t i = 0; i < query.columns.size(); ++i) {
        if (i > 0) { pieces.text() += ','; }
        append_csv(pieces.text(), query.columns[i].name);
    }
    pieces.text() += '\n';
    RL_TRY(each_row(connection, text, [&](const sql::Rows& rows) {
        for (std::size_t i = 0; i < query.columns.size(); ++i) {
            if (i > 0) { pieces.text() += ','; }
            append_csv(pieces.text(), rows.is_null(i) ? std::nullopt : std::optional(rows.text(i)));
        }
        pieces.text() += '\n';
        return pieces.row_done();
    }));
    RL_TRY(pieces.flush());
    return pieces.rows();
}

core::Result<std::int64_t> export_jsonl(sql::Connection& connection, const ExportQuery& query, const Sink& sink) {
    RL_ASSIGN(const QueryText text, select_text(connection, query, Form::typed));
    Pieces pieces(sink);
    RL_TRY(each_row(connection, text, [&](const sql::Rows& rows) {
        for (std::size_t i = 0; i < query.columns.size(); ++i) {
            pieces.text() += i > 0 ? ',' : '{';
            core::append_json_string(pieces.text(), query.columns[i].name);
            pieces.text() += ':';
            append_value(pieces.text(), query.columns[i], read_cell(rows, i));
        }
        pieces.text() += "}\n";
        return pieces.row_done();
    }));
    RL_TRY(pieces.flush());
    return pieces.rows();
}

core::Result<std::int64_t> export_parquet(sql::Connection& connection, const ExportQuery& query, const std::string& path) {
    RL_ASSIGN(const QueryText select, select_text(connection, query, Form::plain));
    QueryText text;
    text.add("COPY (").add(select).add(") TO ").add(sql::quote_literal(path)).add(" (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880)");
    std::int64_t rows = 0;
    RL_TRY(each_row(connection, text, [&](const sql::Rows& result) {
        rows = result.integer(0);
        return core::ok();
    }));
    return rows;
}

}  // namespace runlake::runs
