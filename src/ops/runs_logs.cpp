// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_logs.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "os/files.hpp"
#include "ops/runs_show.hpp"

namespace runlake::ops {

core::Result<RunsLogsResponse> runs_logs(const RunsLogsRequest& request) {
    RL_ASSIGN(RunsShowResponse shown, runs_show({request.scope, request.id}));
    const runs::RunDocument& document = shown.document;
    RunsLogsResponse response{document.id, {}, std::move(shown.notes)};
    const auto add_log = [&](const std::string& name) -> core::Result<bool> {
        const auto found = std::find_if(document.logs.begin(), document.logs.end(), [&](const runs::LogFile& log) { return log.name == name + ".log"; });
        if (found == document.logs.end()) { return false; }
        const std::string path = os::join_path(request.scope.store.dir, found->path);
        RL_ASSIGN(std::string text, os::read_file(path));
        response.logs.push_back({name, path, std::move(text)});
        return true;
    };
    // A tail beside a log of stdout alone is of output that went to both through one pipe: it is in that log.
    RL_ASSIGN(const bool has_stdout, add_log("stdout"));
    RL_ASSIGN(const bool has_stderr, add_log("stderr"));
    if (std::string tail = document.text("stderr_tail"); !has_stdout && !has_stderr && !tail.empty()) { response.logs.push_back({"stderr", std::nullopt, std::move(tail)}); }
    if (document.full_error) {
        std::optional<std::string> file;
        if (const std::string name = document.text("error_file"); !name.empty()) { file = os::join_path(request.scope.store.dir, name); }
        response.logs.push_back({"error", std::move(file), *document.full_error});
    } else if (std::string head = document.text("error"); !head.empty()) {
        response.logs.push_back({"error", std::nullopt, std::move(head)});
    }
    return response;
}

core::Json to_json(const RunsLogsResponse& response) {
    core::Json list = core::Json::array();
    for (const LogText& log : response.logs) {
        list.push(core::Json::object().set("file", core::Json(log.file)).set("name", log.name).set("text", core::valid_utf8(log.text)));
    }
    return core::Json::object().set("logs", std::move(list)).set("run_id", response.id.str());
}

}  // namespace runlake::ops
