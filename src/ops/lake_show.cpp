// SPDX-License-Identifier: Apache-2.0
#include "ops/lake_show.hpp"

#include <utility>

#include "core/text.hpp"
#include "ops/lake_reading.hpp"

namespace runlake::ops {

using core::Json;

core::Result<LakeShowResponse> lake_show(const LakeShowRequest& request) {
    if (core::trim(request.run).empty()) { return core::Error(core::Errc::usage, "the run to be shown is empty"); }
    RL_ASSIGN(auto connection, open_lake_of(request.store));
    return lake::facts_of_run(connection, request.run);
}

core::Json to_json(const LakeShowResponse& response) {
    auto files = Json::array(), tables = Json::array(), problems = Json::array(), dashboard = Json::array();
    for (const auto& file : response.files) {
        files.push(Json::object().set("path", file.rel_path).set("bytes", file.bytes).set("sha256", file.sha256.empty() ? Json() : Json(file.sha256)));
    }
    for (const auto& table : response.tables) { tables.push(Json::object().set("table", table.table).set("rows", table.rows)); }
    for (const auto& problem : response.problems) {
        auto one = Json::object().set("stage", problem.stage).set("severity", problem.severity).set("path", problem.rel_path.empty() ? Json() : Json(problem.rel_path));
        problems.push(one.set("line", Json(problem.line)).set("error", problem.error));
    }
    for (const auto& reason : response.dashboard) { dashboard.push(Json::object().set("name", reason.name).set("stops", reason.stops).set("text", reason.text)); }
    auto record = Json::object().set("run", response.run).set("there", response.is_there).set("params", response.params).set("metrics", response.metrics);
    return record.set("files", std::move(files)).set("tables", std::move(tables)).set("problems", std::move(problems)).set("dashboard", std::move(dashboard));
}

}  // namespace runlake::ops
