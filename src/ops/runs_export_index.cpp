// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_export_index.hpp"

#include "jobs/batch.hpp"
#include "jobs/run_store.hpp"
#include "jobs/status.hpp"
#include "ledger/runs_index.hpp"
#include "os/files.hpp"
#include "record/installed.hpp"

namespace runlake::ops {
namespace {

std::optional<std::string> condition_of(const core::Json& state_point) {
    const core::Json* value = state_point.find("condition");
    if (value == nullptr || value->is_null()) { return std::nullopt; }
    return value->is_string() ? *value->as_string() : core::to_json(*value);
}

}  // namespace

core::Result<RunsExportIndexResponse> runs_export_index(const RunsExportIndexRequest& request) {
    const std::string label = request.label.value_or(record::machine_label(request.store));
    RL_TRY(record::check_label(label));
    std::vector<ledger::IndexEntry> entries;
    const auto run_store = jobs::RunStore::find(request.store);
    if (!run_store.ok() && run_store.error().code() != core::Errc::not_found) { return run_store.error(); }
    if (run_store.ok()) {
        RL_ASSIGN(const jobs::Jobs all, run_store.value().read_all());
        for (const jobs::Job& job : all.jobs) {
            const std::optional<jobs::JobStatus> status = jobs::status_of(job.document);
            if (!status || !jobs::is_terminal(*status)) { continue; }
            const auto created = job.document.string_at("created_at");
            entries.push_back({.id = job.id,
                               .status = std::string(jobs::status_name(*status)),
                               .experiment_id = jobs::experiment_of(job),
                               .condition = condition_of(job.state_point),
                               .registered_at = created ? created : job.document.string_at("started_at"),
                               .machine = label});
        }
    }
    RunsExportIndexResponse response{.entries = entries.size(), .path = request.out.value_or(ledger::runs_index_file(request.store, label))};
    RL_TRY(os::make_dirs(os::parent_path(response.path), 0777, os::point::runs_index_write));
    RL_TRY(os::publish_file(response.path, ledger::runs_index_text(label, request.now, std::move(entries)), 0666, os::Existing::replace, os::Durability::process,
                            os::point::runs_index_write));
    return response;
}

core::Json to_json(const RunsExportIndexResponse& response) {
    core::Json json = core::Json::object();
    return json.set("entries", response.entries).set("path", response.path);
}

}  // namespace runlake::ops
