// SPDX-License-Identifier: Apache-2.0
// Extractor "postprocess_report": how the heavy metrics of a run were computed.
#include <array>

#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"

namespace runlake::lake {
namespace {

constexpr auto k_columns = std::to_array<Column>({
    k_run_key_column,
    {"valid", ColumnType::boolean, ""},
    {"computed_at", ColumnType::text, "", false, ColumnUse::changing},
    {"params", ColumnType::json, ""},
    {"inputs", ColumnType::json, "digests of what was read"},
    {"metrics", ColumnType::json, ""},
    {"runs", ColumnType::json, "with the folders of the runs", false, ColumnUse::place},
    {"report_json", ColumnType::json, "the whole file", false, ColumnUse::place},
    k_rel_path_column,
});
constexpr Table k_table = {"run_postprocess", "The report of postprocess; of a provider's run that has none, the one of the folder above.", k_columns};
constexpr std::array<const Table*, 1> k_tables = {&k_table};

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto report, read_object(input));
    out.rows.row(k_table, file.run_key, bool_cell(report.find("valid")), text_cell(report.find("computed_at")), json_cell(report.find("params")), json_cell(report.find("inputs")),
                 json_cell(report.find("metrics")), json_cell(report.find("runs")), core::to_json(report), file.rel_path);
    return core::ok();
}

}  // namespace

extern const Extractor k_postprocess_report_extractor = {.name = "postprocess_report", .stage = "read_postprocess", .done_word = "", .error_word = "",
                                                         .tables = k_tables, .reading = Reading::each,
                                                         .takes = [](const SourceFile& file) { return file.is_run_file() && file.plain_name == "postprocess_metrics.json"; },
                                                         .extract = extract};

}  // namespace runlake::lake
