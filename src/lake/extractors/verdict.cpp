// SPDX-License-Identifier: Apache-2.0
// Extractor "verdict": what replays were judged to be (docs/formats/verdict.md).
#include <array>

#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::string_view k_schema = "runlake.verdict/1";
constexpr auto k_columns = std::to_array<Column>({
    {"store_key", ColumnType::text, "the folder of verdicts", true, ColumnUse::place},
    {"verdict_id", ColumnType::text, "", true},
    {"decided_at", ColumnType::time, "", false, ColumnUse::changing},
    {"verdict", ColumnType::text, "FIDELITY_OK, NON_DETERMINISTIC, CANONICAL_DIVERGENCE or INCONCLUSIVE_TOOLING"},
    {"cause", ColumnType::text, ""},
    {"reason", ColumnType::text, ""},
    {"cell", ColumnType::text, ""},
    {"metric", ColumnType::text, ""},
    {"det_status", ColumnType::text, ""},
    {"det_delta", ColumnType::real, "between two replays"},
    {"canon_delta", ColumnType::real, "from the canonical value"},
    {"epsilon", ColumnType::real, ""},
    {"eps_num", ColumnType::real, ""},
    {"eps_prod", ColumnType::real, ""},
    {"eps_prod_key", ColumnType::text, "of the envelope"},
    {"parity_state", ColumnType::text, ""},
    {"canonical_run_id", ColumnType::text, "the run whose value it was held against"},
    {"attributed_to", ColumnType::text, "the knob that explains the difference"},
    {"spec_digest", ColumnType::text, ""},
    {"verdict_json", ColumnType::json, "all of it; it names machines and paths", false, ColumnUse::place},
    k_rel_path_column,
});
constexpr Table k_table = {"replay_verdicts", "Verdicts of replays.", k_columns};
constexpr std::array<const Table*, 1> k_tables = {&k_table};

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto verdict, read_object(input));
    const auto schema = text_cell(verdict.find("schema")).value_or("");
    if (schema != k_schema) { return Error(Errc::unsupported, cat("its schema is not ", k_schema, " but '", core::cut_utf8(schema, 60), "'")); }
    const auto id = text_cell(verdict.find("id"));
    if (!id || cat(*id, ".json") != file.plain_name) { return Error(Errc::corrupt, "its id is not its name"); }
    const auto word = text_cell(verdict.find("verdict"));
    if (!word) { return Error(Errc::corrupt, "it has no verdict"); }
    const auto at = core::parse_iso(text_cell(verdict.find("decided_at")).value_or(""));
    if (!at.ok()) { return Error(Errc::corrupt, "decided_at is no time"); }
    const auto text = [&](std::string_view name) { return text_cell(verdict.find(name)); };
    const auto real = [&](std::string_view name) { return real_cell(verdict.find(name)); };
    out.rows.row(k_table, file.run_key, *id, at.value(), *word, text("cause"), text("reason"), text("cell"), text("metric"), text("det_status"), real("det_delta"), real("canon_delta"),
                 real("epsilon"), real("eps_num"), real("eps_prod"), text("eps_prod_key"), text("parity_state"), text("canonical_run_id"), text("attributed_to"), text("spec_digest"),
                 core::to_json(verdict), file.rel_path);
    return core::ok();
}

}  // namespace

extern const Extractor k_verdict_extractor = {.name = "verdict", .stage = "read_verdict", .done_word = "", .error_word = "", .tables = k_tables, .reading = Reading::each,
                                              .takes = [](const SourceFile& file) { return file.unit_name == "verdicts" && file.rel_path.ends_with(".json"); },
                                              .extract = extract};

}  // namespace runlake::lake
