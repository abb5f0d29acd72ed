// SPDX-License-Identifier: Apache-2.0
#include "lake/export/dataset.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "lake/export/staged_folder.hpp"
#include "sql/refusal.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::size_t k_piece = 256U << 10U;
constexpr mode_t k_mode = 0644;
constexpr std::array k_format_names = std::to_array<std::string_view>({"jsonl", "csv", "parquet"});

// How a column is handed over by DuckDB and written by us.
enum class Transfer : std::uint8_t { boolean, integer, real, number_text, text };

struct Plan {
    std::vector<DatasetColumn> columns;
    std::vector<Transfer> transfers;
    std::string select;  // of the columns as they are handed over, named c0, c1, ...
};

Transfer transfer_of(std::string_view type) {
    constexpr std::array k_integers = std::to_array<std::string_view>({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"});
    if (type == "BOOLEAN") { return Transfer::boolean; }
    if (std::ranges::find(k_integers, type) != k_integers.end()) { return Transfer::integer; }
    if (type == "DOUBLE" || type == "FLOAT") { return Transfer::real; }
    const bool is_list = type.ends_with(']');
    if (!is_list && (type.starts_with("DECIMAL") || type == "HUGEINT" || type == "UHUGEINT" || type == "UBIGINT" || type == "BIGNUM")) { return Transfer::number_text; }
    return Transfer::text;
}

// The column as SQL that gives what its transfer reads.
std::string handed_over(const std::string& column, std::string_view type, Transfer transfer) {
    if (type == "VARCHAR") { return column; }
    switch (transfer) {
        case Transfer::boolean:
        case Transfer::integer: return column;
        case Transfer::real: return cat("CAST(", column, " AS DOUBLE)");
        case Transfer::number_text: return cat("CAST(", column, " AS VARCHAR)");
        case Transfer::text: break;
    }
    if (type.ends_with(']') || type.starts_with("STRUCT") || type.starts_with("MAP") || type.starts_with("UNION")) { return cat("CAST(to_json(", column, ") AS VARCHAR)"); }
    if (type.starts_with("TIMESTAMP")) { return cat("replace(CAST(", column, " AS VARCHAR), ' ', 'T')"); }
    return cat("CAST(", column, " AS VARCHAR)");
}

core::Result<Plan> plan_of(sql::Connection& connection, const DatasetQuery& query) {
    auto described = connection.query(cat("DESCRIBE FROM (", query.sql, "\n)"));
    if (!described.ok()) { return sql::of_user(std::move(described).take_error()).context(cat("dataset ", query.name)); }
    sql::Rows rows = std::move(described).take();
    Plan plan;
    std::string aliases;
    while (true) {
        RL_ASSIGN(const bool found, rows.next());
        if (!found) { break; }
        const DatasetColumn column{std::string(rows.text(0)), std::string(rows.text(1))};
        const std::string alias = cat("c", plan.columns.size());
        const std::string_view comma = plan.columns.empty() ? "" : ", ";
        plan.transfers.push_back(transfer_of(column.type));
        plan.select += cat(comma, handed_over(alias, column.type, plan.transfers.back()), " AS ", alias);
        aliases += cat(comma, alias);
        plan.columns.push_back(column);
    }
    plan.select = cat("SELECT ", plan.select, " FROM (", query.sql, "\n) AS dataset(", aliases, ")");
    return plan;
}

// Bytes on their way to a file, counted and digested. Removes nothing: the folder that holds the file is staged.
class Output {
  public:
    Output(os::Fd file, std::string path, os::Point point) : file_(std::move(file)), path_(std::move(path)), point_(point) {}
    std::string& text() { return text_; }
    core::Status row_done() { return text_.size() < k_piece ? core::ok() : hand_on(); }
    core::Status close() {
        RL_TRY(hand_on());
        return os::sync_file(file_.get(), point_, path_);
    }
    std::uint64_t bytes() const { return bytes_; }
    std::string sha256() { return digest_.finish().hex(); }

  private:
    core::Status hand_on() {
        digest_.update(text_);
        bytes_ += text_.size();
        RL_TRY(os::write_all(file_.get(), text_, point_, path_));
        text_.clear();
        return core::ok();
    }
    os::Fd file_;
    std::string path_;
    os::Point point_;
    std::string text_;
    core::Sha256 digest_;
    std::uint64_t bytes_ = 0;
};

// Shortest text that reads back as the same double, always with a point or an exponent: a column of doubles stays one.
void append_real(std::string& out, double value) { out += core::python_float(value); }

// A field of CSV by RFC 4180: an empty text is "", so that it is not taken for NULL.
void append_csv_text(std::string& out, std::string_view text) {
    if (!text.empty() && text.find_first_of(",\"\n\r") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        if (c == '"') { out += '"'; }
        out += c;
    }
    out += '"';
}

void append_jsonl_value(std::string& out, const sql::Rows& rows, std::size_t column, Transfer transfer) {
    if (rows.is_null(column)) {
        out += "null";
        return;
    }
    switch (transfer) {
        case Transfer::boolean: out += rows.boolean(column) ? "true" : "false"; break;
        case Transfer::integer: out += std::to_string(rows.integer(column)); break;
        case Transfer::number_text: out += rows.text(column); break;
        case Transfer::text: append_ascii_json(out, rows.text(column)); break;
        case Transfer::real:
            // JSON has no other word for what is no number.
            if (const double value = rows.number(column); std::isfinite(value)) {
                append_real(out, value);
            } else {
                out += "null";
            }
            break;
    }
}

void append_csv_value(std::string& out, const sql::Rows& rows, std::size_t column, Transfer transfer) {
    if (rows.is_null(column)) { return; }
    switch (transfer) {
        case Transfer::boolean: out += rows.boolean(column) ? "true" : "false"; break;
        case Transfer::integer: out += std::to_string(rows.integer(column)); break;
        case Transfer::number_text: out += rows.text(column); break;
        case Transfer::text: append_csv_text(out, rows.text(column)); break;
        case Transfer::real:
            if (const double value = rows.number(column); std::isfinite(value)) {
                append_real(out, value);
            } else {
                out += core::format_float(value);
            }
            break;
    }
}

core::Status look_for(std::span<const std::string> forbidden, const DatasetQuery& query, const DatasetColumn& column, std::string_view text) {
    for (const auto& path : forbidden) {
        if (text.find(path) != std::string_view::npos) {
            return Error(Errc::conflict, cat("dataset ", query.name, ", column ", column.name, ": a value holds the path ", path,
                                             " of this machine: leave the column out, or the runs that say so"));
        }
    }
    return core::ok();
}

core::Status write_text(sql::Connection& connection, const DatasetQuery& query, const DatasetTarget& target, const Plan& plan, Output& out, std::int64_t& count) {
    auto prepared = connection.prepare(plan.select);
    if (!prepared.ok()) { return sql::of_user(std::move(prepared).take_error()).context(cat("dataset ", query.name)); }
    sql::Statement statement = std::move(prepared).take();
    auto executed = statement.stream();
    if (!executed.ok()) { return sql::of_user(std::move(executed).take_error()).context(cat("dataset ", query.name)); }
    sql::Rows rows = std::move(executed).take();
    const bool is_csv = target.format == DatasetFormat::csv;
    // `{"a": `, `, "b": `: the same before each row's values.
    std::vector<std::string> before;
    for (std::size_t i = 0; i < plan.columns.size(); ++i) {
        std::string text = i > 0 ? "," : "";
        if (!is_csv) {
            text = i > 0 ? ", " : "{";
            append_ascii_json(text, plan.columns[i].name);
            text += ": ";
        }
        before.push_back(std::move(text));
        if (is_csv) {
            out.text() += before[i];
            append_csv_text(out.text(), plan.columns[i].name);
        }
    }
    if (is_csv) { out.text() += '\n'; }
    while (true) {
        auto next = rows.next();
        if (!next.ok()) { return sql::of_user(std::move(next).take_error()).context(cat("dataset ", query.name)); }
        if (!next.value()) { return core::ok(); }
        for (std::size_t i = 0; i < plan.columns.size(); ++i) {
            if (plan.transfers[i] == Transfer::text && !target.forbidden.empty() && !rows.is_null(i)) { RL_TRY(look_for(target.forbidden, query, plan.columns[i], rows.text(i))); }
            out.text() += before[i];
            is_csv ? append_csv_value(out.text(), rows, i, plan.transfers[i]) : append_jsonl_value(out.text(), rows, i, plan.transfers[i]);
        }
        out.text() += is_csv ? "\n" : "}\n";
        ++count;
        RL_TRY(out.row_done());
    }
}

core::Status write_parquet(sql::Connection& connection, const DatasetQuery& query, const std::string& path, std::int64_t& count) {
    // DuckDB writes the file itself; it was made by us, so that its mode is ours and making it can fail in tests.
    auto copied = connection.query(cat("COPY (FROM (", query.sql, "\n)) TO ", sql::quote_literal(path), " (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 20480, USE_TMP_FILE false)"));
    if (!copied.ok()) { return sql::of_user(std::move(copied).take_error()).context(cat("dataset ", query.name)); }
    sql::Rows rows = std::move(copied).take();
    RL_ASSIGN(const bool found, rows.next());
    count = found ? rows.integer(0) : 0;
    return core::ok();
}

}  // namespace

std::string_view format_name(DatasetFormat format) { return k_format_names[static_cast<std::size_t>(format)]; }

core::Result<DatasetFormat> parse_dataset_format(std::string_view name) {
    const auto found = std::ranges::find(k_format_names, name);
    if (found != k_format_names.end()) { return static_cast<DatasetFormat>(std::distance(k_format_names.begin(), found)); }
    const std::vector<std::string> words(k_format_names.begin(), k_format_names.end());
    const auto near = core::nearest(core::lower_ascii(name), words);
    return Error(Errc::usage, cat("unknown format \"", core::valid_utf8(name), "\"", near ? cat(" (nearest: \"", *near, "\")") : "", "; formats: jsonl csv parquet"));
}

core::Json to_json(const Dataset& dataset) {
    auto columns = core::Json::array();
    for (const auto& column : dataset.columns) { columns.push(core::Json::object().set("name", column.name).set("type", column.type)); }
    return core::Json::object()
        .set("name", dataset.name)
        .set("file", dataset.file)
        .set("format", format_name(dataset.format))
        .set("columns", std::move(columns))
        .set("rows", dataset.rows)
        .set("bytes", dataset.bytes)
        .set("sha256", dataset.sha256);
}

core::Result<Dataset> write_dataset(sql::Connection& connection, const DatasetQuery& query, const DatasetTarget& target) {
    RL_ASSIGN(const Plan plan, plan_of(connection, query));
    Dataset dataset{.name = query.name, .file = target.file, .format = target.format, .columns = plan.columns};
    const std::string path = os::join_path(target.folder, target.file);
    RL_TRY(os::make_dirs(os::parent_path(path), 0755, target.point));
    RL_ASSIGN(os::Fd file, os::create_exclusive(path, k_mode, target.point));
    if (target.format == DatasetFormat::parquet) {
        RL_TRY(write_parquet(connection, query, path, dataset.rows));
        RL_TRY(os::sync_file(file.get(), target.point, path));
        RL_ASSIGN(const FileDigest digest, digest_file(path));
        dataset.sha256 = digest.sha256;
        dataset.bytes = digest.bytes;
        return dataset;
    }
    Output out(std::move(file), path, target.point);
    RL_TRY(write_text(connection, query, target, plan, out, dataset.rows));
    RL_TRY(out.close());
    dataset.bytes = out.bytes();
    dataset.sha256 = out.sha256();
    return dataset;
}

}  // namespace runlake::lake
