// SPDX-License-Identifier: Apache-2.0
// `runs rebuild`: makes runs.duckdb again from the journal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/runs_reading.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct RunsRebuildRequest {
    record::Store store;
};
struct RunsRebuildResponse {
    std::string database;
    std::uint64_t runs = 0;
    std::uint64_t records = 0;
    std::uint64_t missing = 0;             // runs of the old database that the journal does not tell of
    std::optional<std::string> kept_as;    // the old file, when it was not replaced for good
    Notes notes;
};
// Errc::busy: another process has the database.
core::Result<RunsRebuildResponse> runs_rebuild(const RunsRebuildRequest& request);
core::Json to_json(const RunsRebuildResponse& response);

}  // namespace runlake::ops
