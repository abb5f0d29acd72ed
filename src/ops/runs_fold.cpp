// SPDX-License-Identifier: Apache-2.0
// `runs fold`.
#include "ops/runs_fold.hpp"

#include "runs/database.hpp"

namespace runlake::ops {

core::Result<RunsFoldResponse> runs_fold(const RunsFoldRequest& request) {
    RL_ASSIGN(auto report, runs::update_database(request.store));
    RunsFoldResponse response{request.store.runs_database(), report.fold.records, report.fold.runs_added, report.fold.runs_changed, std::move(report.notes)};
    response.notes.insert(response.notes.end(), report.fold.notes.begin(), report.fold.notes.end());
    return response;
}

core::Json to_json(const RunsFoldResponse& response) {
    auto notes = core::Json::array();
    for (const std::string& note : response.notes) { notes.push(note); }
    auto record = core::Json::object();
    record.set("database", response.database).set("records", response.records).set("runs_added", response.runs_added);
    return record.set("runs_changed", response.runs_changed).set("notes", std::move(notes));
}

}  // namespace runlake::ops
