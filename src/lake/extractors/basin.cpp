// SPDX-License-Identifier: Apache-2.0
// Extractor "basin": what many seeds of one search came to.
#include <algorithm>
#include <array>

#include "core/json_lists.hpp"
#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"
#include "metrics/basin.hpp"

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
constexpr auto k_statistics_columns = std::to_array<Column>({
    k_run_key_column,
    k_theorem,
    {"seeds", ColumnType::integer, "that were asked for; no fewer than have a result"},
    {"solved", ColumnType::integer, ""},
    {"solve_rate", ColumnType::real, ""},
    {"unique_structures", ColumnType::integer, ""},
    {"dominant_structure_frequency", ColumnType::real, "of the solved seeds"},
    {"structure_entropy_bits", ColumnType::real, "Shannon's, of the structures among solved seeds"},
    {"blind_solve_rate", ColumnType::real, "null without blind seeds, as the two below"},
    {"k_censored_at_h", ColumnType::real, "with unsolved seeds at the horizon; null where the file names none"},
    {"k_both_solved", ColumnType::real, "over the seeds that both solved"},
    k_rel_path_column,
});
constexpr Table k_statistics = {"basin_statistics", "The same computed here from the results of the seeds, whatever the file itself says.", k_statistics_columns};
constexpr Table k_runs = {"basin_runs", "Many seeds of one search, summed up.", k_run_columns};
constexpr Table k_seeds = {"basin_seed", "Each seed.", k_seed_columns};
constexpr Table k_counts = {"basin_structure_counts", "How many seeds came to each structure.", k_count_columns};
constexpr std::array<const Table*, 4> k_tables = {&k_runs, &k_statistics, &k_seeds, &k_counts};

std::optional<double> paper_k(const Json* value) {
    if (value == nullptr) { return std::nullopt; }
    if (value->is_number()) { return real_cell(value); }
    const auto* inner = value->find("K");
    if (inner != nullptr && inner->is_number()) { return real_cell(inner); }
    for (const Json* object : {inner, value}) {
        for (const auto* key : {"lower_bound_censored_at_H", "conditional_on_both_solved"}) {
            if (const auto k = real_cell(member(object, key))) { return k; }
        }
    }
    return std::nullopt;
}

// H of the problem space, by which seeds that were not solved are counted.
std::optional<std::int64_t> horizon_of(const Json& basin) {
    const auto horizon = integer_cell(member(member(basin.find("paper_k"), "problem_space"), "H"));
    return horizon && *horizon > 0 ? horizon : std::nullopt;
}

void add_statistics(const SourceFile& file, const std::string& theorem, const Json& basin, const core::JsonArray& results, FileRows& rows) {
    std::vector<metrics::SeedResult> seeds;
    bool has_blind = false;
    for (const auto& result : results) {
        has_blind = has_blind || bool_cell(result.find("blind_solved"));
        seeds.push_back({.is_solved = bool_cell(result.find("solved")).value_or(false),
                         .structure_hash = text_cell(result.find("structure_hash")),
                         .iterations = integer_cell(result.find("iterations_to_solve")),
                         .is_blind_solved = bool_cell(result.find("blind_solved")).value_or(false),
                         .blind_iterations = integer_cell(result.find("blind_iterations_to_solve"))});
    }
    // A list that is shorter than that of the results is none of what was asked for.
    const auto asked = std::max(count_cell(basin.find("seeds")).value_or(0), static_cast<std::int64_t>(seeds.size()));
    const auto found = metrics::basin_statistics(seeds, asked);
    const auto horizon = horizon_of(basin);
    const auto k = metrics::basin_k(seeds, horizon.value_or(0));
    rows.row(k_statistics, file.run_key, theorem, asked, static_cast<std::int64_t>(std::ranges::count(seeds, true, &metrics::SeedResult::is_solved)), found.solve_rate,
             found.unique_structures, found.dominant_structure_frequency, found.structure_entropy_bits, has_blind ? std::optional(found.blind_solve_rate) : std::nullopt,
             has_blind && horizon ? k.lower_bound_censored_at_H : std::nullopt, has_blind ? k.conditional_on_both_solved : std::nullopt, file.rel_path);
}

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto basin, read_object(input));
    const std::string theorem = text_cell(basin.find("theorem_name")).value_or(file.theorem);
    out.rows.row(k_runs, file.run_key, theorem, count_cell(basin.find("seeds")), real_cell(basin.find("solve_rate")), integer_cell(basin.find("unique_structures")),
                 real_cell(basin.find("dominant_structure_frequency")), real_cell(basin.find("blind_solve_rate")), paper_k(basin.find("paper_k")), file.rel_path);
    const auto& results = core::list_at(basin, "seed_results");
    if (!results.empty()) { add_statistics(file, theorem, basin, results, out.rows); }
    std::size_t position = 0;
    for (const auto& result : results) {
        const auto seed = integer_cell(result.find("seed"));
        if (!seed) { return Error(Errc::corrupt, core::cat("seed result ", position, " has no seed")); }
        out.rows.row(k_seeds, file.run_key, theorem, *seed, bool_cell(result.find("solved")), text_cell(result.find("structure_hash")),
                     integer_cell(result.find("iterations_to_solve")), integer_cell(result.find("attempts_total")), bool_cell(result.find("blind_solved")),
                     text_cell(result.find("blind_structure_hash")), integer_cell(result.find("blind_iterations_to_solve")), integer_cell(result.find("blind_attempts_total")),
                     file.rel_path);
        ++position;
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
