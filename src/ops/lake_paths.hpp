// SPDX-License-Identifier: Apache-2.0
// `lake paths`: where the lake, the logs and their remote counterparts are, and why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/roots.hpp"
#include "record/store.hpp"

namespace runlake::ops {

// The roots for a project, from the environment. Errc::usage: a variable that is set but empty, or of a wrong form.
core::Result<lake::Roots> lake_roots(const record::Store& store);

struct LakePath {
    std::string name;            // "lake", "database", "exports", "jobs", "reference", "logs", "remote_lake", "remote_logs", "remote_log_archives"
    std::string path;
    std::string why;
    std::optional<bool> exists;  // nothing for what is not on this machine
};

struct LakePathsRequest {
    record::Store store;
};
struct LakePathsResponse {
    std::vector<LakePath> paths;
    std::optional<lake::Remote> remote;
    std::vector<std::string> notes;
};
core::Result<LakePathsResponse> lake_paths(const LakePathsRequest& request);
core::Json to_json(const LakePathsResponse& response);

// "user@host:port", "rclone NAME:", "folders on this machine".
std::string remote_text(const lake::Remote& remote);

}  // namespace runlake::ops
