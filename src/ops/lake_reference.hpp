// SPDX-License-Identifier: Apache-2.0
// `lake reference build`, `lake reference list`, `lake reference score`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "os/stop_signal.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct LakeReferenceBuildRequest {
    record::Store store;
    std::string selection;              // JSON, or a file of it
    double alpha = 1;
    std::optional<std::string> meta;    // JSON, or a file of it
    core::Timestamp now;
};
struct LakeReferenceBuildResponse {
    std::string ref_id;
    std::string artifact;               // absolute
    double alpha = 1;
    core::Json meta;
    core::Json selection;
    std::int64_t selected_runs = 0;
    std::int64_t members = 0;           // each content once
    std::int64_t without_outcomes = 0;  // of the members
    std::int64_t goals = 0;
    bool was_there = false;
    std::vector<std::string> notes;
};
// Errc::usage: the selection is empty or says what it can't. Errc::not_found: it selects no run with outcomes, or there is no lake.
core::Result<LakeReferenceBuildResponse> lake_reference_build(const LakeReferenceBuildRequest& request);
core::Json to_json(const LakeReferenceBuildResponse& response);

struct LakeReferenceListRequest {
    record::Store store;
};
struct LakeReferenceListResponse {
    struct Row {
        std::string ref_id;
        std::string kind;
        std::optional<core::Timestamp> created_at;
        double alpha = 1;
        std::int64_t members = 0;
        std::int64_t members_here = 0;  // that are runs of this lake
        std::int64_t goals = 0;
        std::int64_t attempts = 0;
        std::int64_t successes = 0;
        std::int64_t scored_runs = 0;
        std::int64_t scores = 0;
        std::int64_t valid = 0;
        core::Json meta;
        core::Json selection;
        std::string artifact_path;      // below the lake's folder
    };
    std::vector<Row> references;        // by ref_id
    std::vector<std::string> notes;
};
core::Result<LakeReferenceListResponse> lake_reference_list(const LakeReferenceListRequest& request);
core::Json to_json(const LakeReferenceListResponse& response);

struct LakeReferenceScoreRequest {
    record::Store store;
    std::string reference;                 // its id, or the beginning of it
    std::optional<std::string> selection;  // JSON, or a file of it; without one every run is scored
    std::optional<std::string> logs_dir;
    std::optional<unsigned> jobs;          // threads; default: the processors that may be used
    const os::StopSignal* stop = nullptr;
    std::function<void(std::uint64_t done, std::uint64_t of)> progress;
};
struct LakeReferenceScoreResponse {
    std::string ref_id;
    core::Json reference_selection;        // by which its members were found; null where nobody knows
    core::Json selection;                  // of the runs that were scored
    std::int64_t members = 0;
    struct Run {
        std::string run_key;
        std::string run_uid;
        std::string search_uid;            // names the file of its scores
        std::string run_id;                // "" where it has none
        std::string rel_run_dir;
        bool in_sample = false;
        std::uint64_t rows = 0;
        std::uint64_t valid = 0;
        std::string skipped;               // why it was not scored; "" for one that was
    };
    std::vector<Run> runs;                 // by rel_run_dir
    std::vector<std::string> notes;
};
// Errc::not_found: there is no such reference, or no run is selected. Errc::conflict: several references begin so. Errc::interrupted: the stop signal came; what was scored until then stays.
core::Result<LakeReferenceScoreResponse> lake_reference_score(const LakeReferenceScoreRequest& request);
core::Json to_json(const LakeReferenceScoreResponse& response);

}  // namespace runlake::ops
