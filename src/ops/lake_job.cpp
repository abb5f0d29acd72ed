// SPDX-License-Identifier: Apache-2.0
#include "ops/lake_job.hpp"

#include "core/text.hpp"
#include "lake/database.hpp"
#include "lake/job/job_files.hpp"
#include "ops/lake_export.hpp"
#include "ops/lake_paths.hpp"
#include "os/files.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::string_view k_preset = "preset:";
constexpr std::uint64_t k_most_config_bytes = 16U << 20U;
constexpr std::string_view k_site_dir = "site/dashboards/wonton-soup/data";

core::Result<lake::JobConfig> read_config(const std::string& config) {
    if (config.empty()) { return Error(Errc::usage, "--config is empty: give it a file, or preset:NAME"); }
    if (config.starts_with(k_preset)) {
        RL_ASSIGN(const auto text, lake_preset_config(config.substr(k_preset.size())));
        return lake::parse_job_config(text, config);
    }
    RL_ASSIGN(const auto text, os::read_file(config, k_most_config_bytes));
    return lake::parse_job_config(text, config);
}

// A folder of logs as runs are told by: links resolved.
core::Result<std::string> resolved_logs(const std::string& dir) {
    if (dir.empty()) { return Error(Errc::usage, "--logs-dir is empty: give it a folder"); }
    if (!os::is_dir(dir)) { return Error(Errc::not_found, cat("--logs-dir ", dir, ": there is no such folder")); }
    return os::absolute_path(dir);
}

// The table of jobs is derived from their files, so that leaving it for the next reconcile loses nothing.
void tell_lake(const lake::JobOrder& order, std::vector<std::string>& notes) {
    auto held = lake::hold_lake(order.database);
    if (!held.ok()) {
        notes.push_back(cat("lake_job_runs has the job after the next `runlake lake reconcile`: ", held.error().message()));
        return;
    }
    const auto read = lake::index_job_runs(held.value().connection, order.jobs_dir);
    if (!read.ok()) {
        notes.push_back(cat("lake_job_runs has the job after the next `runlake lake reconcile`: ", read.error().message()));
        return;
    }
    for (const auto& problem : read.value().problems) { notes.push_back(cat("lake_job_runs leaves out ", problem.rel_path, ": ", problem.problem)); }
}

Json offenders_json(const lake::ReleaseDone& done) {
    auto list = Json::array();
    for (const auto& one : done.offenders) {
        list.push(Json::object().set("run_key", one.run_key).set("run_id", one.run_id.empty() ? Json() : Json(one.run_id)).set("rel_run_dir", one.rel_run_dir).set("reason", one.reason));
    }
    return list;
}

}  // namespace

std::vector<LakePreset> lake_presets() {
    std::vector<LakePreset> presets;
    for (const auto& preset : lake::all_presets()) {
        presets.push_back({std::string(preset.name), std::string(preset.about), preset.is_release, {}});
        for (const auto* dataset : preset.datasets) { presets.back().datasets.emplace_back(dataset->name); }
    }
    return presets;
}

Json to_json(const std::vector<LakePreset>& presets) {
    auto list = Json::array();
    for (const auto& preset : presets) {
        auto datasets = Json::array();
        for (const auto& dataset : preset.datasets) { datasets.push(dataset); }
        list.push(Json::object().set("name", preset.name).set("about", preset.about).set("release", preset.is_release).set("datasets", std::move(datasets)));
    }
    return Json::object().set("presets", std::move(list));
}

core::Result<std::string> lake_preset_config(const std::string& name) {
    RL_ASSIGN(const auto* preset, lake::find_preset(name));
    return lake::ascii_document(lake::preset_config(*preset));
}

core::Result<LakeJobRunResponse> lake_job_run(const LakeJobRunRequest& request) {
    lake::JobOrder order;
    RL_ASSIGN(order.config, read_config(request.config));
    if (request.logs_dir) { RL_ASSIGN(order.logs_dir, resolved_logs(*request.logs_dir)); }
    RL_ASSIGN(const auto roots, lake_roots(request.store));
    order.database = roots.database;
    order.jobs_dir = roots.jobs;
    order.references_dir = roots.references;
    order.now = request.now;
    order.program = program_name();
    LakeJobRunResponse response{.name = order.config.name, .done = {}, .notes = {}};
    auto done = lake::run_job(order);
    // A failed job is told to the lake as well, as long as there is one.
    const bool is_told = done.ok() || os::is_dir(os::join_path(order.jobs_dir, order.config.name));
    if (is_told) { tell_lake(order, response.notes); }
    if (!done.ok()) { return std::move(done).take_error(); }
    response.done = std::move(done).take();
    return response;
}

Json to_json(const LakeJobRunResponse& response) {
    auto datasets = Json::array();
    for (const auto& dataset : response.done.datasets) {
        datasets.push(Json::object().set("name", dataset.name).set("file", dataset.file).set("format", dataset.format).set("rows", dataset.rows));
    }
    auto notes = Json::array();
    for (const auto& note : response.notes) { notes.push(note); }
    return Json::object()
        .set("name", response.name)
        .set("job_run_id", response.done.job_run_id)
        .set("out_dir", response.done.out_dir)
        .set("selected_runs", response.done.selected_runs)
        .set("selection_stats", response.done.selection_stats)
        .set("reference", response.done.reference)
        .set("datasets", std::move(datasets))
        .set("unchanged", response.done.was_there)
        .set("notes", std::move(notes));
}

core::Result<LakeReleaseResponse> lake_job_release(const LakeReleaseRequest& request) {
    lake::ReleaseOrder order;
    RL_ASSIGN(order.config, read_config(request.config));
    RL_ASSIGN(order.logs_dir, resolved_logs(request.logs_dir));
    RL_ASSIGN(const auto roots, lake_roots(request.store));
    order.database = roots.database;
    order.references_dir = roots.references;
    if (request.site_dir && request.site_dir->empty()) { return Error(Errc::usage, "--site-dir is empty: give it a folder"); }
    const std::string base = request.store.root.empty() ? os::parent_path(request.store.dir) : request.store.root;
    RL_ASSIGN(order.site_dir, target_folder(request.site_dir.value_or(os::join_path(base, k_site_dir))));
    order.promote = request.promote;
    order.now = request.now;
    order.program = program_name();
    LakeReleaseResponse response{.name = order.config.name, .site_dir = order.site_dir, .done = {}};
    RL_ASSIGN(response.done, lake::make_release(order));
    return response;
}

Json to_json(const LakeReleaseResponse& response) {
    const auto& done = response.done;
    const bool is_made = done.offenders.empty();
    return Json::object()
        .set("name", response.name)
        .set("site_dir", response.site_dir)
        .set("release_id", is_made ? Json(done.release_id) : Json())
        .set("dir", is_made ? Json(done.dir) : Json())
        .set("selected_runs", done.selected_runs)
        .set("datasets", done.datasets)
        .set("rows", done.rows)
        .set("unchanged", done.was_there)
        .set("promoted", done.promoted)
        .set("offenders", offenders_json(done))
        .set("selection_without", done.selection_without);
}

}  // namespace runlake::ops
