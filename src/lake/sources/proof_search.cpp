// SPDX-License-Identifier: Apache-2.0
// Source "proof-search": runs of a search for proofs, folders with a run_config.json, those of several providers side by side in one folder.
#include <array>

#include "lake/registry_tables.hpp"
#include "lake/source.hpp"
#include "lake/sources/proof_search_rows.hpp"
#include "os/files.hpp"

// X(name of the Extractor), one a line, in the order of docs/reference/lake-tables.md.
#define RUNLAKE_PROOF_SEARCH_EXTRACTORS(X) \
    X(k_run_config_extractor)              \
    X(k_run_status_extractor)              \
    X(k_summary_extractor)                 \
    X(k_variant_metrics_extractor)         \
    X(k_comparison_extractor)              \
    X(k_postprocess_report_extractor)      \
    X(k_search_metrics_extractor)          \
    X(k_similarity_extractor)              \
    X(k_goal_outcomes_extractor)           \
    X(k_graph_extractor)                   \
    X(k_mcts_trace_extractor)              \
    X(k_mcts_tree_extractor)               \
    X(k_basin_extractor)

namespace runlake::lake {

#define RUNLAKE_DECLARE_EXTRACTOR(name) extern const Extractor name;
RUNLAKE_PROOF_SEARCH_EXTRACTORS(RUNLAKE_DECLARE_EXTRACTOR)
#undef RUNLAKE_DECLARE_EXTRACTOR

namespace {

#define RUNLAKE_LIST_EXTRACTOR(name) &name,
constexpr auto k_extractors = std::to_array<const Extractor*>({RUNLAKE_PROOF_SEARCH_EXTRACTORS(RUNLAKE_LIST_EXTRACTOR)});
#undef RUNLAKE_LIST_EXTRACTOR

constexpr std::array<const Table*, 3> k_unit_tables = {&k_runs, &k_run_files, &k_theorem_artifacts};
constexpr std::string_view k_all_runs = R"(
SELECT 'proof-search' AS source, r.run_key AS unit_key, r.run_key, r.run_id, r.run_id AS name, json_extract_string(r.run_status, '$.status') AS state,
       @time(coalesce(json_extract_string(r.run_status, '$.started_at'), r.created_at)) AS started_at,
       @time(json_extract_string(r.run_status, '$.completed_at')) AS finished_at,
       json_object('backend', r.backend, 'config_whitelist_hash', r.config_whitelist_hash, 'corpus', r.corpus, 'mode', r.mode, 'provider', r.provider) AS params,
       json_object('intervention_count', a.intervention_count, 'intervention_solve_rate', a.intervention_solve_rate, 'theorem_count', a.theorem_count,
                   'wild_type_solve_rate', a.wild_type_solve_rate) AS metrics
FROM runs r LEFT JOIN run_aggregates a USING (run_key))";
constexpr std::string_view k_provider_prefix = "provider=";
constexpr std::string_view k_config = "run_config.json";

bool is_provider(std::string_view name) { return name.starts_with(k_provider_prefix) && name.size() > k_provider_prefix.size(); }

bool looks_like_run(const FolderNames& folder) {
    return folder.has_file("run_status.json") || folder.has_file("summary.json.gz") || folder.has_file("summary.json") || folder.has_file("goal_cache.json.gz");
}

Detection detect(const FolderNames& folder) {
    Detection out;
    // Those of several providers are whole runs each, and stand for the folder they are in.
    for (const auto& name : folder.folders) {
        if (!is_provider(name)) { continue; }
        std::string path = os::join_path(folder.path, name);
        if (os::exists(os::join_path(path, k_config))) {
            out.units.push_back(std::move(path));
        } else {
            out.passed_over.push_back({std::move(path), "it is a provider's folder without run_config.json"});
        }
    }
    if (out.units.empty()) {
        out.passed_over.clear();
        if (folder.has_file(k_config)) { out.units.push_back(folder.path); }
    }
    out.is_whole = !out.units.empty();
    if (out.units.empty() && looks_like_run(folder)) { out.passed_over.push_back({folder.path, "it has files of a run but no run_config.json"}); }
    return out;
}

core::Result<UnitFiles> list(const Unit& unit) {
    RL_ASSIGN(auto files, list_run_files(unit.dir, provider_of(unit.dir).has_value()));
    UnitFiles out;
    out.unreadable = std::move(files.unreadable);
    out.offers = offers_of(unit.key, std::move(files));
    return out;
}

}  // namespace

std::optional<std::string> provider_of(std::string_view run_dir) {
    const auto name = run_dir.substr(run_dir.rfind('/') + 1);
    return is_provider(name) ? std::optional(std::string(name.substr(k_provider_prefix.size()))) : std::nullopt;
}

extern const Source k_proof_search_source = {.name = "proof-search",
                                             .help = "Folders with a run_config.json, and what a search for proofs left in them.",
                                             .detect = detect,
                                             .list = list,
                                             .extractors = k_extractors,
                                             .describe = describe_proof_search,
                                             .unit_tables = k_unit_tables,
                                             .all_runs = k_all_runs};

}  // namespace runlake::lake
