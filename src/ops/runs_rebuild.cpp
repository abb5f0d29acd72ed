// SPDX-License-Identifier: Apache-2.0
// `runs rebuild`.
#include "ops/runs_rebuild.hpp"

#include "core/text.hpp"
#include "runs/database.hpp"

namespace runlake::ops {

core::Result<RunsRebuildResponse> runs_rebuild(const RunsRebuildRequest& request) {
    RL_ASSIGN(auto report, runs::rebuild_database(request.store));
    RunsRebuildResponse response{.database = request.store.runs_database(), .runs = report.runs, .records = report.fold.records, .missing = report.missing};
    response.notes = std::move(report.notes);
    response.notes.insert(response.notes.end(), report.fold.notes.begin(), report.fold.notes.end());
    if (report.missing != 0) {
        response.notes.push_back(core::cat(report.missing, " runs of the former database are not in the journal and so not in the new one"));
    }
    if (!report.kept_as.empty()) {
        response.kept_as = report.kept_as;
        response.notes.push_back(core::cat("the former database is kept as ", report.kept_as));
    }
    return response;
}

core::Json to_json(const RunsRebuildResponse& response) {
    auto notes = core::Json::array();
    for (const std::string& note : response.notes) { notes.push(note); }
    auto record = core::Json::object();
    record.set("database", response.database).set("runs", response.runs).set("records", response.records).set("missing", response.missing);
    return record.set("kept_as", core::Json(response.kept_as)).set("notes", std::move(notes));
}

}  // namespace runlake::ops
