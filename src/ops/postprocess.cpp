// SPDX-License-Identifier: Apache-2.0
#include "ops/postprocess.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/clock.hpp"
#include "core/json_texts.hpp"
#include "core/text.hpp"
#include "os/system.hpp"

namespace runlake::ops {

using core::Json;

bool PostprocessResponse::has_failures() const { return std::ranges::any_of(report.runs, [](const auto& run) { return run.state == "failed"; }); }

core::Result<PostprocessResponse> postprocess(const PostprocessRequest& request) {
    lake::PostprocessRequest work;
    work.logs_dir = request.logs_dir;
    work.only = request.only;
    work.recompute = request.recompute;
    work.threads = request.jobs.value_or(static_cast<unsigned>(std::max(1, os::usable_processors())));
    // To the second, with its zone in figures, as other readers of the report expect it.
    work.now = core::cat(core::format_iso(os::system_clock().now()).substr(0, 19), "+00:00");
    work.progress = request.progress;
    if (request.stop != nullptr) {
        work.is_stopped = [stop = request.stop] { return stop->wait(std::chrono::milliseconds(0)); };
    }
    PostprocessResponse response;
    response.logs_dir = request.logs_dir;
    RL_ASSIGN(response.report, lake::postprocess(work));
    return response;
}

Json to_json(const PostprocessResponse& response) {
    Json runs = Json::array();
    for (const auto& run : response.report.runs) {
        Json metrics = Json::object();
        for (const auto& [name, count] : run.metrics) { metrics.set(name, Json::object().set("computed", count.computed).set("skipped", count.skipped)); }
        Json entry = Json::object();
        entry.set("run_dir", run.run_dir).set("state", run.state).set("error", core::text_or_null(run.error));
        runs.push(entry.set("metrics", std::move(metrics)).set("errors", core::text_list(run.errors)));
    }
    return Json::object().set("logs_dir", response.logs_dir).set("runs", std::move(runs));
}

}  // namespace runlake::ops
