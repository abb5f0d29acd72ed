// SPDX-License-Identifier: Apache-2.0
// Extractor "basin": what many seeds of one search came to.
#include <array>

#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"

namespace runlake::lake {
namespace {

using core::Errc;
using core::Error;
using core::Json;

constexpr Column k_theorem = {"theorem", ColumnType::text, "theorem_name of the file, else its folder", true};
constexpr auto k_run_columns = std::to_array<Column>({
    k_run_key_column,
    k_theorem,
    {"seeds_requested", ColumnType::integer, "length of seeds"},
    {"solve_rate", ColumnType::real, ""},
    {"unique_structures", ColumnType::integer, ""},
    {"dominant_structure_frequency", ColumnType::real, ""},
    {"blind_solve_rate", ColumnType::real, ""},
    {"paper_k", ColumnType::real, "a bare number; else K as a number; else its lower bound; else its conditional form"},
    k_rel_path_column,
});
constexpr auto k_seed_columns = std::to_array<Column>({
    k_run_key_column,
    k_theorem,
    {"seed", ColumnType::integer, "", true},
    {"solved", ColumnType::boolean, ""},
    {"structure_hash", ColumnType::text, ""},
    {"iterations_to_solve", ColumnType::integer, ""},
    {"attempts_total", ColumnType::integer, ""},
    {"blind_solved", ColumnType::boolean, ""},
    {"blind_structure_hash", ColumnType::text, ""},
    {"blind_iterations_to_solve", ColumnType::integer, ""},
    {"blind_attempts_total", ColumnType::integer, ""},
    k_rel_path_column,
});
constexpr auto k_count_columns = std::to_array<Column>({
    k_run_key_column,
    k_theorem,
    {"structure_hash", ColumnType::text, "", true},
    {"count", ColumnType::integer, "more than 0"},
    k_rel_path_column,
});
constexpr Table k_runs = {"basin_runs", "Many seeds of one search, summed up.", k_run_columns};
constexpr Table k_seeds = {"basin_seed", "Each seed.", k_seed_columns};
constexpr Table k_counts = {"basin_structure_counts", "How many seeds came to each structure.", k_count_columns};
constexpr std::array<const Table*, 3> k_tables = {&k_runs, &k_seeds, &k_counts};

std::optional<double> paper_k(const Json* value) {
    if (value == nullptr) { return std::nullopt; }
    if (value->is_number()) { return value->number(); }
    const auto* inner = value->find("K");
    if (inner != nullptr && inner->is_number()) { return inner->number(); }
    for (const Json* object : {inner, value}) {
        for (const auto* key : {"lower_bound_censored_at_H", "conditional_on_both_solved"}) {
            if (const auto k = real_cell(member(object, key))) { return k; }
        }
    }
    return std::nullopt;
}

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto basin, read_object(input));
    const std::string theorem = text_cell(basin.find("theorem_name")).value_or(file.theorem);
    out.rows.row(k_runs, file.run_key, theorem, count_cell(basin.find("seeds")), real_cell(basin.find("solve_rate")), integer_cell(basin.find("unique_structures")),
                 real_cell(basin.find("dominant_structure_frequency")), real_cell(basin.find("blind_solve_rate")), paper_k(basin.find("paper_k")), file.rel_path);
    if (const auto* results = basin.find("seed_results"); results != nullptr && results->is_array()) {
        std::size_t position = 0;
        for (const auto& result : *results->as_array()) {
            const auto seed = integer_cell(result.find("seed"));
            if (!seed) { return Error(Errc::corrupt, core::cat("seed result ", position, " has no seed")); }
            out.rows.row(k_seeds, file.run_key, theorem, *seed, bool_cell(result.find("solved")), text_cell(result.find("structure_hash")),
                         integer_cell(result.find("iterations_to_solve")), integer_cell(result.find("attempts_total")), bool_cell(result.find("blind_solved")),
                         text_cell(result.find("blind_structure_hash")), integer_cell(result.find("blind_iterations_to_solve")),
                         integer_cell(result.find("blind_attempts_total")), file.rel_path);
            ++position;
        }
    }
    if (const auto* counts = basin.find("structure_distribution"); counts != nullptr && counts->is_object()) {
        for (const auto& [hash, count] : *counts->as_object()) {
            const auto number = integer_cell(&count);
            if (number && *number > 0) { out.rows.row(k_counts, file.run_key, theorem, hash, *number, file.rel_path); }
        }
    }
    return core::ok();
}

}  // namespace

extern const Extractor k_basin_extractor = {.name = "basin", .stage = "read_basin", .done_word = "", .error_word = "",
                                            .tables = k_tables, .reading = Reading::together,
                                            .takes = [](const SourceFile& file) { return !file.is_run_file() && file.kind == ArtifactKind::basin_analysis; },
                                            .extract = extract};

}  // namespace runlake::lake
