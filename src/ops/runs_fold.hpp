// SPDX-License-Identifier: Apache-2.0
// `runs fold`: brings runs.duckdb up to date with the journal, so that other programs see every run in it.
#pragma once

#include <cstdint>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/runs_reading.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct RunsFoldRequest {
    record::Store store;
};
struct RunsFoldResponse {
    std::string database;
    std::uint64_t records = 0;
    std::uint64_t runs_added = 0;
    std::uint64_t runs_changed = 0;
    Notes notes;
};
// Errc::busy: another process has the database. Errc::unsupported: it was written by a newer version. Errc::io: it can't be written.
core::Result<RunsFoldResponse> runs_fold(const RunsFoldRequest& request);
core::Json to_json(const RunsFoldResponse& response);

}  // namespace runlake::ops
