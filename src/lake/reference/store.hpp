// SPDX-License-Identifier: Apache-2.0
// References and their scores as files below lake/reference: the facts from which the tables of references are made. Format: docs/formats/lake-reference.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/reference/reference.hpp"
#include "lake/reference/score_file.hpp"

namespace runlake::lake {

inline constexpr std::string_view k_reference_file = "reference_goal_outcomes.json.gz";
inline constexpr std::string_view k_reference_provenance_file = "provenance.json";
inline constexpr std::string_view k_scores_folder = "scores";
inline constexpr std::string_view k_score_suffix = ".json.gz";

bool is_reference_id(std::string_view text);                    // 16 hex digits
std::string reference_folder(const std::string& references_dir, std::string_view ref_id);
std::string reference_artifact_path(std::string_view ref_id);   // "reference/goal_outcomes/<ref_id>/reference_goal_outcomes.json.gz": below the lake's folder

// What of a reference is not equal everywhere.
struct ReferenceProvenance {
    std::optional<core::Timestamp> created_at;
    std::string program;
    core::Json selection;  // by which its members were found
};

// Errc::not_found: there is no artifact. Errc::corrupt: it can't be read, or says something else than its name.
core::Result<Reference> read_reference(const std::string& references_dir, const std::string& ref_id);
// Nothing is known where the file is missing or can't be read: a reference is whole without it.
ReferenceProvenance read_provenance(const std::string& references_dir, const std::string& ref_id);
// Whether it was there before: then it stays, with its provenance.
core::Result<bool> write_reference(const std::string& references_dir, const std::string& ref_id, const Reference& reference, const ReferenceProvenance& provenance);

// By id. Hidden names and folders without an artifact, which a killed program leaves, are left out.
core::Result<std::vector<std::string>> list_references(const std::string& references_dir);

core::Result<RunScores> read_scores(const std::string& references_dir, const std::string& ref_id, const std::string& search_uid);
// Takes the place of what was scored of that run before. A file that says the same stays untouched.
core::Status write_scores(const std::string& references_dir, const RunScores& scores);

// A file of a reference as it is on disk now.
struct ReferenceFile {
    std::string file;     // below the reference's folder
    std::string stamp;
    std::string search_uid;  // of a file of scores; "" of others
};
// The artifact, its provenance, and each file of scores, sorted.
core::Result<std::vector<ReferenceFile>> list_reference_files(const std::string& references_dir, const std::string& ref_id);

}  // namespace runlake::lake
