// SPDX-License-Identifier: Apache-2.0
// `runs vacuum`: rewrites runs.duckdb without the room that deleted rows left.
#pragma once

#include <cstdint>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct RunsVacuumRequest {
    record::Store store;
};
struct RunsVacuumResponse {
    std::string database;
    std::uint64_t bytes_before = 0;
    std::uint64_t bytes_after = 0;
};
// Errc::not_found: there is no database. Errc::busy: another process has it.
core::Result<RunsVacuumResponse> runs_vacuum(const RunsVacuumRequest& request);
core::Json to_json(const RunsVacuumResponse& response);

}  // namespace runlake::ops
