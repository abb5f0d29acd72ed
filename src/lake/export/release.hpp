// SPDX-License-Identifier: Apache-2.0
// The layout of a release, its id, and looking whether a release is what it says. Needs no lake and no DuckDB. Format: docs/formats/lake-release.md.
//
//   <site>/releases/<release_id>/manifest.json             no times, no paths of a machine; dashboard_manifest.json has the same bytes
//                               /job_config.json           the configuration as it was understood: part of the id
//                               /provenance.json           times, versions: not in the manifest, not in the id
//                               /data/<dataset>.parquet
//                               /index.html, page/...      what the page wrote: listed under "page", not in the id
//   <site>/dashboard_manifest.json                         the release that is shown: exchanged by one rename
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/export/dataset.hpp"

namespace runlake::lake {

inline constexpr std::int64_t k_release_schema_version = 1;
inline constexpr std::string_view k_release_recipe = "runlake.release/1";
inline constexpr std::string_view k_manifest_file = "manifest.json";
inline constexpr std::string_view k_dashboard_manifest_file = "dashboard_manifest.json";
inline constexpr std::string_view k_job_config_file = "job_config.json";
inline constexpr std::string_view k_provenance_file = "provenance.json";
inline constexpr std::string_view k_data_folder = "data";

// A dataset of a release: its file, and its rows as JSON lines, whose digest names the release.
struct ReleaseDataset {
    Dataset file;                // data/<name>.parquet
    std::string jsonl_sha256;
};

// A file of the release that is no dataset.
struct ReleaseFile {
    std::string file;
    std::uint64_t bytes = 0;
    std::string sha256;
};

struct Release {
    std::string job_name;
    core::Json config;                    // as given
    std::int64_t lake_schema_version = 0;
    std::int64_t selected_runs = 0;
    core::Json reference;                 // {"ref_id", ...} or null
    std::vector<ReleaseDataset> datasets;
    std::vector<ReleaseFile> files;       // job_config.json
    std::vector<ReleaseFile> page;
};

// 64 hex digits: of the recipe, the versions of both schemas, the configuration with sorted keys, and each dataset's name, columns, rows and digest of rows, in order. Errc::usage: the
// configuration can't be written (a number is not finite).
core::Result<std::string> release_id(const Release& release);
core::Result<core::Json> release_manifest(const Release& release, const std::string& id);

// What is wrong with a release, a file or line of the manifest each.
struct ReleaseProblem {
    std::string file;     // relative
    std::string problem;  // "is missing", "is not in the manifest", "has SHA-256 ..., the manifest says ...", ...
    bool operator==(const ReleaseProblem&) const = default;
};
struct ReleaseCheck {
    std::string release_id;
    std::int64_t datasets = 0;
    std::int64_t files = 0;               // looked at
    std::vector<ReleaseProblem> problems; // by file
};
// `dir` is a release's folder. Errc::not_found: it is none, or has no manifest. Errc::unsupported: of a newer version. A manifest that can't be read is a problem of that file.
core::Result<ReleaseCheck> verify_release(const std::string& dir);

}  // namespace runlake::lake
