// SPDX-License-Identifier: Apache-2.0
// The ids of the lake: of roots, runs and configurations. Recipes: docs/formats/lake-ids.md. Pure.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::lake {

// The first `digits` hex digits (16; 12 for jobs) of SHA-256 over the parts, each followed by a NUL byte.
std::string stable_id(std::initializer_list<std::string_view> parts, std::size_t digits = 16);

// Paths are absolute with links resolved.
std::string root_id(std::string_view root_path);
std::string run_key(std::string_view run_dir);                                // the same from whichever root it was found
std::string run_key_seed(std::string_view root_id, std::string_view rel_run_dir);  // the earlier formula, by which older lakes named runs

// What of a run's configuration decides how it behaves: equal hashes mean comparable runs.
struct ConfigHashes {
    std::string whitelist;  // config_whitelist_hash: of the fixed list of keys
    std::string full;       // config_full_hash: with the selection of theorems
};
// Errc::corrupt: run_config.json is not an object.
core::Result<ConfigHashes> config_hashes(const core::Json& run_config);

// One file of a run, as run_uid sees it.
struct FileContent {
    std::string rel_path;  // below the run's folder
    std::string sha256;    // 64 hex digits
};
// 64 hex digits that name a run by what is in it: the same on every machine, whatever the folder is called. `files` are all that the lake reads of the run, in
// any order; the report of postprocess, which says when it was made, is left out here.
std::string run_uid(std::span<const FileContent> files);
// The same of what the search itself left: without the files that postprocess writes or writes into. What is computed of a run afterwards changes its run_uid, and not this one.
std::string search_uid(std::span<const FileContent> files);

}  // namespace runlake::lake
