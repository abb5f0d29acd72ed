// SPDX-License-Identifier: Apache-2.0
// `runs restore`: puts a backup in the place of a store's records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/runs_reading.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct RunsRestoreRequest {
    record::Store store;
    std::string source;
    bool is_forced = false;   // what is there is set aside
    core::Timestamp now;
};
struct RunsRestoreResponse {
    std::string store;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::optional<std::string> kept_as;  // folder that holds what was there before
};
// Verifies every byte of the backup before it touches anything. Errc::conflict: the store has records and is_forced was not said. Errc::busy: a process
// records into the store. Errc::corrupt, unsupported, not_found: as BackupReader::open.
core::Result<RunsRestoreResponse> runs_restore(const RunsRestoreRequest& request);
core::Json to_json(const RunsRestoreResponse& response);

}  // namespace runlake::ops
