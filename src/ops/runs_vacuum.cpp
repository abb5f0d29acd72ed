// SPDX-License-Identifier: Apache-2.0
// `runs vacuum`.
#include "ops/runs_vacuum.hpp"

#include "runs/database.hpp"

namespace runlake::ops {

core::Result<RunsVacuumResponse> runs_vacuum(const RunsVacuumRequest& request) {
    RL_ASSIGN(const auto report, runs::vacuum_database(request.store));
    return RunsVacuumResponse{request.store.runs_database(), report.bytes_before, report.bytes_after};
}

core::Json to_json(const RunsVacuumResponse& response) {
    auto record = core::Json::object();
    return record.set("database", response.database).set("bytes_before", response.bytes_before).set("bytes_after", response.bytes_after);
}

}  // namespace runlake::ops
