// SPDX-License-Identifier: Apache-2.0
// `runs backup`: everything that can't be made again, while recording goes on.
#pragma once

#include <cstdint>
#include <string>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/runs_reading.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct RunsBackupRequest {
    record::Store store;
    std::string target;     // a tar file when it ends in ".tar", else a folder
    core::Timestamp now;
};
struct RunsBackupResponse {
    std::string target;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t segments = 0;
    Notes notes;
};
// Copies each segment up to its last whole line, and output, patches, environments and the configuration. Synced before it returns; nothing is at the target before all of it
// is. Errc::conflict: the target exists.
core::Result<RunsBackupResponse> runs_backup(const RunsBackupRequest& request);
core::Json to_json(const RunsBackupResponse& response);

}  // namespace runlake::ops
