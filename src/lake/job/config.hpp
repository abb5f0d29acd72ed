// SPDX-License-Identifier: Apache-2.0
// The configuration of a job, schema 2, read and checked before any question is asked. Format: docs/guide/lake-jobs.md. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::lake {

inline constexpr std::int64_t k_job_config_schema = 2;
inline constexpr std::string_view k_default_source = "proof-search";

// A column and the texts of which it must have one. Beside those of the schema: run_uid, by which a release tells its runs on every machine, and run_id, name and state, as all_runs has them.
struct ColumnFilter {
    std::string column;
    std::vector<std::string> values;
};

enum class RunOrder : std::uint8_t { run_key_asc, created_at_asc, created_at_desc };

// Runs told by the method of another: those with its config_whitelist_hash.
struct MethodAnchor {
    std::optional<std::string> run_key;
    std::optional<std::string> run_id;
};

struct JobSelection {
    std::vector<std::string> sources;  // of all_runs; none given: k_default_source
    std::optional<std::string> root_id;
    std::optional<std::string> run_dir_prefix;
    std::vector<ColumnFilter> filters;  // in the order of selection_columns()
    std::optional<MethodAnchor> same_method_as;  // stands instead of root_id, run_dir_prefix and filters
    bool require_completed = false;
    bool exclude_partial_results = false;
    std::vector<std::string> require_capabilities;
    RunOrder order_by = RunOrder::run_key_asc;
    bool dedupe_run_id = false;  // the first in order stays
    std::optional<std::int64_t> max_runs;

    bool has_source(std::string_view name) const { return std::find(sources.begin(), sources.end(), name) != sources.end(); }
    // Runs of other sources are in all_runs, and have none of what only proof searches have.
    bool is_of_proof_searches() const { return sources.size() == 1 && sources.front() == k_default_source; }
};

struct ReferenceBuild {
    double alpha = 1.0;
    core::Json meta;  // an object or null
    JobSelection selection;
    core::Json selection_json;  // as it was given: never empty, never the job's own by default
};
struct JobReference {
    std::optional<std::string> ref_id;       // attach
    std::optional<ReferenceBuild> build;     // or build
    bool score_k = false;
};

enum class JobFormat : std::uint8_t { jsonl, parquet, dir };
struct JobDataset {
    std::string name;
    std::string query;      // SQL, or
    std::string generator;  // "wonton_dashboard_v2"
    JobFormat format = JobFormat::jsonl;
    std::string file;       // a base name
};

struct JobConfig {
    std::string name;
    JobSelection selection;
    core::Json selection_json;              // as given; {} when it was not
    std::optional<JobReference> reference;
    core::Json reference_json;
    std::vector<JobDataset> datasets;
    core::Json json;                        // the whole, as given

    bool asks_for_all_runs() const;         // a query names the view
};

// Errc::usage for everything that is wrong; the message names the place ("selection.order_by") and, for an unknown key, the nearest valid one.
core::Result<JobConfig> parse_job_config(std::string_view text, std::string_view what);
// A selection alone; messages begin with `place`. That of a reference must have something in it, and only proof searches.
core::Result<JobSelection> parse_selection(const core::Json& selection, const std::string& place, bool of_reference);

}  // namespace runlake::lake
