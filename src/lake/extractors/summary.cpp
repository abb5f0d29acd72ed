// SPDX-License-Identifier: Apache-2.0
// Extractor "summary": theorems, interventions and aggregates out of a run's summary.
#include <array>
#include <initializer_list>

#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/columns.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/tactic.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr Column k_theorem = {"theorem", ColumnType::text, "", true};
constexpr Column k_intervention = {"intervention", ColumnType::text, "", true};
constexpr auto k_aggregate_columns = std::to_array<Column>({
    k_run_key_column,
    {"theorem_count", ColumnType::integer, ""},
    {"crashed_count", ColumnType::integer, ""},
    {"wild_type_solve_rate", ColumnType::real, ""},
    {"intervention_count", ColumnType::integer, ""},
    {"intervention_solve_rate", ColumnType::real, ""},
    {"ged_validity", ColumnType::json, ""},
    {"aggregates_json", ColumnType::json, "all of it"},
    k_rel_path_column,
});
constexpr auto k_tactic_columns = std::to_array<Column>({
    k_run_key_column,
    {"goal_type", ColumnType::text, "", true},
    {"tactic_norm", ColumnType::text, "", true},
    {"tactic_family", ColumnType::text, "of tactic_norm"},
    {"success", ColumnType::integer, ""},
    {"failure", ColumnType::integer, ""},
    {"blocked", ColumnType::integer, ""},
    {"total", ColumnType::integer, "their sum"},
    k_rel_path_column,
});
// Of a search, undisturbed or not.
constexpr auto k_metric_columns = std::to_array<Column>({
    {"k_valid", ColumnType::boolean, ""},
    {"k_null_model", ColumnType::text, ""},
    {"k_tau_agent", ColumnType::integer, ""},
    {"k_tau_blind", ColumnType::real, ""},
    {"k_K", ColumnType::real, ""},
    {"metrics", ColumnType::json, ""},
    {"k_json", ColumnType::json, "k_search_efficiency"},
});
constexpr auto k_wild_columns = columns_around(
    {
        k_run_key_column,
        k_theorem,
        {"solved", ColumnType::boolean, ""},
        {"iterations", ColumnType::integer, ""},
        {"proof_term_hash", ColumnType::text, ""},
    },
    k_metric_columns,
    {
        {"wild_json", ColumnType::json, "all of it"},
        k_rel_path_column,
    });
constexpr auto k_intervention_columns = columns_around(
    {
        k_run_key_column,
        k_theorem,
        k_intervention,
        {"solved", ColumnType::boolean, ""},
        {"status", ColumnType::text, ""},
        {"is_control", ColumnType::boolean, "false where it is not said"},
        {"baseline_solved", ColumnType::boolean, "true where it is not said"},
        {"blocked", ColumnType::json, ""},
        {"ged_search_value", ColumnType::real, ""},
        {"ged_search_norm", ColumnType::real, ""},
        {"ged_search_soft_value", ColumnType::real, ""},
        {"ged_search_soft_norm", ColumnType::real, ""},
    },
    k_metric_columns,
    {
        {"intervention_json", ColumnType::json, "all of it"},
        k_rel_path_column,
    });
constexpr auto k_postprocess_columns = std::to_array<Column>({
    k_run_key_column,
    k_theorem,
    k_intervention,
    {"goal_novelty_novel_goal_count", ColumnType::integer, ""},
    {"goal_novelty_dropped_goal_count", ColumnType::integer, ""},
    {"solution_path_soft_distance_value", ColumnType::real, ""},
    {"solution_path_soft_distance_valid", ColumnType::boolean, ""},
    {"solution_path_soft_distance_wild_len", ColumnType::integer, ""},
    {"solution_path_soft_distance_intervention_len", ColumnType::integer, ""},
    {"solution_path_soft_distance_dp_cells", ColumnType::integer, ""},
    {"raw_json", ColumnType::json, "both, as they are"},
    k_rel_path_column,
});
constexpr Table k_aggregates = {"run_aggregates", "A run summed up.", k_aggregate_columns};
constexpr Table k_tactics = {"goal_type_tactic", "How often a tactic worked on goals of a type.", k_tactic_columns};
constexpr Table k_wild = {"theorem_wild", "The undisturbed search of each theorem.", k_wild_columns};
constexpr Table k_interventions = {"theorem_intervention", "Each intervention on each theorem.", k_intervention_columns};
constexpr Table k_postprocess = {"theorem_intervention_postprocess", "Novelty and path distance of interventions, where either was computed.", k_postprocess_columns};
constexpr std::array<const Table*, 5> k_tables = {&k_aggregates, &k_tactics, &k_wild, &k_interventions, &k_postprocess};

// The first five of k_metric_columns.
struct Efficiency {
    explicit Efficiency(const Json* payload) {
        const auto* primary = member(payload, "primary");
        valid = bool_cell(member(payload, "valid"));
        null_model = text_cell(member(primary, "null_model"));
        tau_agent = integer_cell(member(payload, "tau_agent"));
        tau_blind = real_cell(member(primary, "tau_blind"));
        k = real_cell(member(primary, "K"));
    }
    std::optional<bool> valid;
    std::optional<std::string> null_model;
    std::optional<std::int64_t> tau_agent;
    std::optional<double> tau_blind;
    std::optional<double> k;
};

// Nothing where it is beyond what an integer can be.
std::optional<std::int64_t> sum_of(std::initializer_list<std::int64_t> counts) {
    std::int64_t sum = 0;
    for (const auto count : counts) {
        if (__builtin_add_overflow(sum, count, &sum)) { return std::nullopt; }
    }
    return sum;
}

class SummaryReader {
  public:
    SummaryReader(const SourceFile& file, FileRows& rows) : file_(file), rows_(rows) {}

    core::Status theorem(const Json& entry, std::size_t position) {
        const auto name = text_cell(member(&entry, "name"));
        if (!name) { return Error(Errc::corrupt, cat("theorem ", position, " has no name")); }
        if (const auto* wild = entry.find("wild_type"); wild != nullptr && !wild->is_null()) {
            if (!wild->is_object()) { return Error(Errc::corrupt, cat("wild_type of theorem '", *name, "' is no object")); }
            const auto* payload = wild->find("k_search_efficiency");
            const Efficiency k(payload);
            rows_.row(k_wild, file_.run_key, *name, bool_cell(wild->find("solved")), integer_cell(wild->find("iterations")), text_cell(wild->find("proof_term_hash")), k.valid,
                      k.null_model, k.tau_agent, k.tau_blind, k.k, json_cell(wild->find("metrics")), json_cell(payload), core::to_json(*wild), file_.rel_path);
        }
        const auto* list = entry.find("interventions");
        if (list == nullptr || list->is_null()) { return core::ok(); }
        if (!list->is_array()) { return Error(Errc::corrupt, cat("interventions of theorem '", *name, "' are no list")); }
        for (const auto& one : *list->as_array()) { RL_TRY(intervention(one, *name)); }
        return core::ok();
    }

    void aggregates(const Json& of_run) {
        rows_.row(k_aggregates, file_.run_key, integer_cell(of_run.find("theorem_count")), integer_cell(of_run.find("crashed_count")),
                  real_cell(of_run.find("wild_type_solve_rate")), integer_cell(of_run.find("intervention_count")), real_cell(of_run.find("intervention_solve_rate")),
                  json_cell(of_run.find("ged_validity")), core::to_json(of_run), file_.rel_path);
        const auto* matrix = of_run.find("goal_type_tactic_matrix");
        if (matrix == nullptr || !matrix->is_object()) { return; }
        for (const auto& [goal_type, tactics] : *matrix->as_object()) {
            if (!tactics.is_object()) { continue; }
            for (const auto& [tactic, counts] : *tactics.as_object()) {
                const auto count = [&counts = counts](std::string_view key) { return integer_cell(counts.find(key)).value_or(0); };
                const std::int64_t success = count("success");
                const std::int64_t failure = count("failure");
                const std::int64_t blocked = count("blocked");
                rows_.row(k_tactics, file_.run_key, goal_type, tactic, tactic_family(tactic), success, failure, blocked, sum_of({success, failure, blocked}), file_.rel_path);
            }
        }
    }

  private:
    core::Status intervention(const Json& one, const std::string& theorem) {
        const auto name = text_cell(member(&one, "name"));
        if (!name) { return Error(Errc::corrupt, cat("an intervention on theorem '", theorem, "' has no name")); }
        const auto* hard = one.find("ged_search_graph");
        const auto* soft = one.find("ged_search_graph_soft");
        const auto* payload = one.find("k_search_efficiency");
        const Efficiency k(payload);
        rows_.row(k_interventions, file_.run_key, theorem, *name, bool_cell(one.find("solved")), text_cell(one.find("status")), bool_cell(one.find("is_control")).value_or(false),
                  bool_cell(one.find("baseline_solved")).value_or(true), json_cell(one.find("blocked")), real_cell(member(hard, "value")), real_cell(member(hard, "normalized")),
                  real_cell(member(soft, "value")), real_cell(member(soft, "normalized")), k.valid, k.null_model, k.tau_agent, k.tau_blind, k.k, json_cell(one.find("metrics")),
                  json_cell(payload), core::to_json(one), file_.rel_path);
        const auto* novelty = one.find("goal_novelty");
        const auto* path = one.find("solution_path_soft_distance");
        const auto is_there = [](const Json* value) { return value != nullptr && !value->is_null(); };
        if (!is_there(novelty) && !is_there(path)) { return core::ok(); }
        Json raw = Json::object();
        raw.set("goal_novelty", is_there(novelty) ? *novelty : Json()).set("solution_path_soft_distance", is_there(path) ? *path : Json());
        rows_.row(k_postprocess, file_.run_key, theorem, *name, integer_cell(member(novelty, "novel_goal_count")), integer_cell(member(novelty, "dropped_goal_count")),
                  real_cell(member(path, "value")), bool_cell(member(path, "valid")), integer_cell(member(path, "wild_len")), integer_cell(member(path, "intervention_len")),
                  integer_cell(member(path, "dp_cells")), core::to_json(raw), file_.rel_path);
        return core::ok();
    }

    const SourceFile& file_;
    FileRows& rows_;
};

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto summary, read_object(input));
    SummaryReader reader(file, out.rows);
    if (const auto* theorems = summary.find("theorems"); theorems != nullptr && !theorems->is_null()) {
        if (!theorems->is_array()) { return Error(Errc::corrupt, "\"theorems\" is no list"); }
        std::size_t position = 0;
        for (const auto& entry : *theorems->as_array()) { RL_TRY(reader.theorem(entry, position++)); }
    }
    out.told = text_cell(summary.find("goal_sig_scheme")).value_or("");
    if (const auto* of_run = summary.find("aggregates"); of_run != nullptr && of_run->is_object()) { reader.aggregates(*of_run); }
    return core::ok();
}

}  // namespace

extern const Extractor k_summary_extractor = {.name = "summary", .stage = "read_summary", .done_word = "", .error_word = "",
                                              .tables = k_tables, .reading = Reading::each,
                                              .takes = [](const SourceFile& file) { return file.is_run_file() && file.plain_name == "summary.json"; }, .extract = extract, .tells = true};

}  // namespace runlake::lake
