// SPDX-License-Identifier: Apache-2.0
// Extractor "file_metrics": metrics.json, metrics.jsonl, metrics.csv and metrics.parquet, whoever wrote them: a value a row.
#include <array>
#include <set>

#include "core/python_json.hpp"
#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/csv.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/extractors/flat.hpp"
#include "lake/file_pattern.hpp"
#include "sql/database.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr auto k_columns = std::to_array<Column>({
    k_run_key_column,
    {"rel_path", ColumnType::text, "the file", true},
    {"position", ColumnType::integer, "of the record in the file, from 0", true},
    k_flat_name,
    k_flat_value,
    k_flat_number,
});
constexpr Table k_table = {"file_metrics", "Values in metrics.json, metrics.jsonl, metrics.csv and metrics.parquet.", k_columns, KeyCheck::certain};
constexpr std::array<const Table*, 1> k_tables = {&k_table};

// A file that holds more is no summary of a run; a surface of the project's own reads it without this limit.
constexpr std::size_t k_most_values = 1U << 20U;

class Records {
  public:
    Records(const SourceFile& file, Extraction& out) : file_(file), out_(out) {}

    core::Status add(const Json& record) {
        if (!record.is_object()) { return Error(Errc::corrupt, cat("record ", position_, " is no object")); }
        each_leaf(record, out_, [&](const std::string& name, const Json& leaf) { value(name, leaf); });
        return next();
    }
    void value(const std::string& name, const Json& leaf) {
        if (++values_ > k_most_values) { return; }  // told by next()
        out_.rows.row(k_table, file_.run_key, file_.rel_path, position_, name, core::to_json(leaf), number_of(leaf));
    }
    core::Status next() {
        ++position_;
        if (values_ > k_most_values) { return Error(Errc::corrupt, cat("it holds more than ", k_most_values, " values; a surface of your own reads it")); }
        return core::ok();
    }

  private:
    const SourceFile& file_;
    Extraction& out_;
    std::int64_t position_ = 0;
    std::size_t values_ = 0;
};

// As PowerShell writes files: told by its first bytes, since what a reader says of the rest helps nobody.
core::Status check_is_utf8(std::string_view text) {
    if (!text.starts_with("\xff\xfe") && !text.starts_with("\xfe\xff")) { return core::ok(); }
    return Error(Errc::corrupt, "it is UTF-16: only UTF-8 is read (iconv -f UTF-16 -t UTF-8 makes that of it)");
}

core::Status read_json(FileInput& input, Records& records) {
    RL_ASSIGN(const auto text, input.document());
    RL_TRY(check_is_utf8(text));
    RL_ASSIGN(const auto document, core::parse_python_json(text, "document"));
    if (const auto* list = document.as_array()) {
        for (const auto& record : *list) { RL_TRY(records.add(record)); }
        return core::ok();
    }
    if (!document.is_object()) { return Error(Errc::corrupt, "it is neither an object nor a list of objects"); }
    return records.add(document);
}

core::Status read_line(const FileInput::Line& line, Records& records) {
    if (!line.too_long && core::trim(line.text).empty()) { return core::ok(); }
    if (line.number == 1) { RL_TRY(check_is_utf8(line.text)); }
    if (line.too_long) { return Error(Errc::corrupt, cat("line ", line.number, " is longer than a line may be: ", InputLimits().line_bytes, " bytes")); }
    RL_ASSIGN(const auto record, core::parse_python_json(line.text, cat("line ", line.number)));
    return records.add(record);
}

core::Status read_lines(FileInput& input, Records& records) {
    return input.lines([&](const FileInput::Line& line) -> core::Status {
        auto status = read_line(line, records);
        if (!status.ok()) { return std::move(status).take_error().at_line(line.number); }
        return status;
    });
}

// A cell as the value it looks like.
Json csv_value(const std::string& cell) {
    if (const auto integer = core::parse_integer(cell)) { return *integer; }
    if (const auto real = core::parse_float(cell)) { return *real; }
    if (cell == "true" || cell == "True") { return true; }
    if (cell == "false" || cell == "False") { return false; }
    return cell;
}

core::Status read_csv(FileInput& input, Records& records) {
    RL_ASSIGN(const auto text, input.document());
    RL_TRY(check_is_utf8(text));
    CsvReader reader(text);
    std::vector<std::string> head;
    std::vector<std::string> cells;
    for (bool first = true;; first = false) {
        RL_ASSIGN(const bool more, reader.next(cells));
        if (!more) { break; }
        if (first) {
            head = cells;
            if (std::set<std::string>(head.begin(), head.end()).size() != head.size()) { return Error(Errc::corrupt, "two columns have one name").at_line(reader.line()); }
            continue;
        }
        if (cells.size() != head.size()) {
            return Error(Errc::corrupt, cat("line ", reader.line(), ": ", cells.size(), cells.size() == 1 ? " cell" : " cells", " where the head has ", head.size())).at_line(reader.line());
        }
        for (std::size_t i = 0; i < head.size(); ++i) {
            if (!cells[i].empty()) { records.value(head[i], csv_value(cells[i])); }
        }
        RL_TRY(records.next());
    }
    return core::ok();
}

core::Status read_parquet(FileInput& input, Records& records) {
    RL_TRY(input.digest_only());
    RL_ASSIGN(const auto database, sql::Database::open("", sql::Access::in_memory, {{"threads", "1"}, {"memory_limit", "1GB"}}));
    RL_ASSIGN(auto connection, database.connect());
    RL_TRY(connection.run("SET TimeZone = 'UTC'"));
    // Folders called name=value are no columns of the file. One row more than there may be, so that nothing is left out unsaid.
    auto rows = connection.query(cat("SELECT to_json(runlake_record)::VARCHAR FROM read_parquet(", sql::quote_literal(file_pattern(input.path())), ", hive_partitioning = false) AS runlake_record LIMIT ", k_most_values + 1));
    if (!rows.ok()) { return Error(Errc::corrupt, "DuckDB can't read it as Parquet"); }
    for (;;) {
        RL_ASSIGN(const bool more, rows.value().next());
        if (!more) { return core::ok(); }
        RL_ASSIGN(const auto record, core::parse_python_json(rows.value().text(0), "row"));
        RL_TRY(records.add(record));
    }
}

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    Records records(file, out);
    const std::string_view name = file.plain_name;
    if (name.ends_with(".json")) { return read_json(input, records); }
    if (name.ends_with(".jsonl")) { return read_lines(input, records); }
    if (name.ends_with(".csv")) { return read_csv(input, records); }
    return read_parquet(input, records);
}

}  // namespace

bool is_metrics_file(std::string_view name) {
    return name == "metrics.json" || name == "metrics.jsonl" || name == "metrics.csv" || name == "metrics.parquet";
}

extern const Extractor k_file_metrics_extractor = {.name = "file_metrics", .stage = "read_metrics", .done_word = "", .error_word = "", .tables = k_tables, .reading = Reading::each,
                                                   .takes = [](const SourceFile& file) { return is_metrics_file(file.rel_path); }, .extract = extract};

}  // namespace runlake::lake
