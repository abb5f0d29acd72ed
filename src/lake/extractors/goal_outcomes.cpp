// SPDX-License-Identifier: Apache-2.0
// Extractor "goal_outcomes": how often each family of tactics worked, by goal and over the run, out of the goal cache.
#include <array>

#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/goal_cache.hpp"

namespace runlake::lake {
namespace {

constexpr Column k_family = {"family_idx", ColumnType::integer, "0 simplify, 1 rewrite, 2 intro, 3 split, 4 cases, 5 closer, 6 contradiction, 7 arith, 8 automation, 9 other", true};
constexpr auto k_global_columns = std::to_array<Column>({
    k_run_key_column,
    k_family,
    {"attempts", ColumnType::integer, ""},
    {"successes", ColumnType::integer, ""},
    k_rel_path_column,
});
constexpr auto k_sig_columns = std::to_array<Column>({
    k_run_key_column,
    {"goal_sig", ColumnType::text, "", true},
    k_family,
    {"attempts", ColumnType::integer, ""},
    {"successes", ColumnType::integer, ""},
    k_rel_path_column,
});
constexpr Table k_global = {"goal_outcome_global_family", "Outcomes of tactics over a run, by family.", k_global_columns};
constexpr Table k_by_sig = {"goal_outcome_sig_family", "Outcomes of tactics by goal and family.", k_sig_columns};
constexpr std::array<const Table*, 2> k_tables = {&k_global, &k_by_sig};

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto cache, read_object(input));
    const auto* entries = cache.find("entries");
    if (entries == nullptr || entries->is_null()) { return core::ok(); }
    if (!entries->is_object()) { return core::Error(core::Errc::corrupt, "\"entries\" is no object"); }
    const auto outcomes = outcome_table(cache);
    for (const auto& [sig, counted] : outcomes.by_goal) {
        for (std::size_t i = 0; i < counted.attempts.size(); ++i) {
            if (counted.attempts[i] == 0) { continue; }
            out.rows.row(k_by_sig, file.run_key, sig, static_cast<std::int64_t>(i), counted.attempts[i], counted.successes[i], file.rel_path);
        }
    }
    for (std::size_t i = 0; i < outcomes.whole.attempts.size(); ++i) {
        if (outcomes.whole.attempts[i] != 0) { out.rows.row(k_global, file.run_key, static_cast<std::int64_t>(i), outcomes.whole.attempts[i], outcomes.whole.successes[i], file.rel_path); }
    }
    return core::ok();
}

}  // namespace

extern const Extractor k_goal_outcomes_extractor = {.name = "goal_outcomes", .stage = "goal_outcomes", .done_word = "", .error_word = "",
                                                    .tables = k_tables, .reading = Reading::each,
                                                    .takes = [](const SourceFile& file) { return file.is_run_file() && file.plain_name == "goal_cache.json"; },
                                                    .extract = extract};

}  // namespace runlake::lake
