// SPDX-License-Identifier: Apache-2.0
// Extractor "goal_outcomes": how often each family of tactics worked, by goal and over the run, out of the goal cache.
#include <array>

#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/tactic.hpp"

namespace runlake::lake {
namespace {

using core::Json;

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

struct Tally {
    bool any = false;
    std::int64_t attempts = 0;
    std::int64_t successes = 0;
    void add(std::int64_t tried, std::int64_t worked) {
        any = true;
        attempts += tried;
        successes += worked;
    }
};
using Tallies = std::array<Tally, k_tactic_families.size()>;

// Outcomes of one occurrence. Families that are no index, and lists that are empty or none, are passed over.
void add_outcomes(const Json& outcomes, Tallies& tallies) {
    if (!outcomes.is_object()) { return; }
    for (const auto& [key, list] : *outcomes.as_object()) {
        const auto family = core::parse_integer(key);
        const auto* items = list.as_array();
        if (!family || *family < 0 || *family >= static_cast<std::int64_t>(tallies.size()) || items == nullptr || items->empty()) { continue; }
        std::int64_t worked = 0;
        for (const auto& item : *items) { worked += item.as_bool() != nullptr && *item.as_bool() ? 1 : 0; }
        tallies[static_cast<std::size_t>(*family)].add(static_cast<std::int64_t>(items->size()), worked);
    }
}

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto cache, read_object(input));
    const auto* entries = cache.find("entries");
    if (entries == nullptr || entries->is_null()) { return core::ok(); }
    if (!entries->is_object()) { return core::Error(core::Errc::corrupt, "\"entries\" is no object"); }
    Tallies whole;
    for (const auto& [sig, entry] : *entries->as_object()) {
        Tallies of_sig;
        const auto* occurrences = entry.find("occurrences");
        if (occurrences == nullptr || !occurrences->is_object()) { continue; }
        for (const auto& [mvar, occurrence] : *occurrences->as_object()) {
            if (const auto* outcomes = occurrence.find("outcomes")) { add_outcomes(*outcomes, of_sig); }
        }
        for (std::size_t i = 0; i < of_sig.size(); ++i) {
            if (!of_sig[i].any) { continue; }
            out.rows.row(k_by_sig, file.run_key, sig, static_cast<std::int64_t>(i), of_sig[i].attempts, of_sig[i].successes, file.rel_path);
            whole[i].add(of_sig[i].attempts, of_sig[i].successes);
        }
    }
    for (std::size_t i = 0; i < whole.size(); ++i) {
        if (whole[i].any) { out.rows.row(k_global, file.run_key, static_cast<std::int64_t>(i), whole[i].attempts, whole[i].successes, file.rel_path); }
    }
    return core::ok();
}

}  // namespace

extern const Extractor k_goal_outcomes_extractor = {.name = "goal_outcomes", .stage = "goal_outcomes", .done_word = "", .error_word = "",
                                                    .tables = k_tables, .reading = Reading::each,
                                                    .takes = [](const SourceFile& file) { return file.is_run_file() && file.plain_name == "goal_cache.json"; },
                                                    .extract = extract};

}  // namespace runlake::lake
