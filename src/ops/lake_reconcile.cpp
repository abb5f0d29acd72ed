// SPDX-License-Identifier: Apache-2.0
#include "ops/lake_reconcile.hpp"

#include <chrono>
#include <utility>

#include "core/text.hpp"
#include "lake/export/staged_folder.hpp"
#include "ops/lake_paths.hpp"
#include "os/fault_points.hpp"
#include "os/files.hpp"
#include "os/want_of_memory.hpp"

namespace runlake::ops {

using core::Json;

namespace {

// Below this DuckDB runs out of memory in the midst of a transaction of few runs already: said before anything is done.
constexpr std::uint64_t k_least_memory = std::uint64_t{400} << 20U;

// What exports and jobs left that were killed.
void sweep(const lake::Roots& roots) {
    lake::sweep_staged(roots.exports, {os::point::lake_dataset_write, os::point::lake_dataset_publish});
    const auto jobs = os::list_dir(roots.jobs);
    if (!jobs.ok()) { return; }
    for (const auto& job : jobs.value()) { lake::sweep_staged(os::join_path(roots.jobs, job.name), {os::point::lake_job_write, os::point::lake_dataset_publish}); }
}

}  // namespace

core::Result<LakeReconcileResponse> lake_reconcile(const LakeReconcileRequest& request) {
    const auto begun = std::chrono::steady_clock::now();
    RL_TRY(os::has_address_space(k_least_memory, "reconciling the lake"));
    RL_ASSIGN(auto roots, lake_roots(request.store));
    lake::ReconcileRequest reconcile;
    reconcile.database = roots.database;
    reconcile.roots = request.logs_dirs;
    if (reconcile.roots.empty() && os::is_dir(roots.logs.path)) { reconcile.roots.push_back(roots.logs.path); }
    if (!request.store.root.empty()) { reconcile.beside.push_back(request.store.root); }
    reconcile.beside.push_back(request.store.dir);
    reconcile.jobs = roots.jobs;
    reconcile.references = roots.references;
    if (!request.store.root.empty()) { reconcile.surfaces = os::join_path(request.store.root, "lake/surfaces"); }
    reconcile.prune = request.prune;
    reconcile.dry_run = request.dry_run;
    reconcile.full = request.full;
    reconcile.threads = request.jobs.value_or(0);
    reconcile.progress = request.progress;
    if (request.stop != nullptr) {
        reconcile.is_stopped = [stop = request.stop] { return stop->wait(std::chrono::milliseconds(0)); };
    }
    LakeReconcileResponse response;
    response.database = roots.database;
    response.dry_run = request.dry_run;
    RL_ASSIGN(response.report, lake::reconcile(reconcile));
    if (!request.dry_run) { sweep(roots); }
    if (request.logs_dirs.empty() && response.report.units == 0 && !os::is_dir(roots.logs.path)) {
        response.report.notes.push_back(core::cat("nothing was found: the folder of logs ", roots.logs.path, " is not there; --logs-dir DIR says where runs lie"));
    }
    response.report.notes.insert(response.report.notes.begin(), roots.notes.begin(), roots.notes.end());
    response.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    return response;
}

Json to_json(const LakeReconcileResponse& response) {
    const auto& report = response.report;
    const auto counts = [](const std::map<std::string, std::uint64_t>& map) {
        Json object = Json::object();
        for (const auto& [name, count] : map) { object.set(name, count); }
        return object;
    };
    Json roots = Json::array();
    for (const auto& root : report.roots) { roots.push(Json::object().set("root_id", root.id).set("path", root.path)); }
    Json stale = Json::array();
    for (const auto& unit : report.stale) { stale.push(Json::object().set("unit_key", unit.key).set("source", unit.source).set("dir", unit.dir)); }
    Json passed_over = Json::array();
    for (const auto& folder : report.passed_over) { passed_over.push(Json::object().set("dir", folder.dir).set("why", folder.why)); }
    Json notes = Json::array();
    for (const auto& note : report.notes) { notes.push(note); }
    Json record = Json::object();
    record.set("database", response.database).set("dry_run", response.dry_run).set("roots", std::move(roots)).set("sources", counts(report.sources));
    record.set("units", Json::object()
                           .set("found", report.units)
                           .set("added", report.added)
                           .set("changed", report.changed)
                           .set("unchanged", report.unchanged)
                           .set("moved", report.moved)
                           .set("stale", std::uint64_t{report.stale.size()})
                           .set("pruned", report.pruned ? std::uint64_t{report.stale.size()} : std::uint64_t{0}));
    record.set("files", Json::object().set("found", report.files).set("read", report.files_read).set("bytes_read", report.bytes_read));
    record.set("errors", report.errors).set("warnings", report.warnings);
    record.set("standing_errors", response.dry_run ? Json() : Json(report.standing_errors));
    record.set("surfaces", Json::object().set("found", report.surfaces).set("files_read", report.surface_files_read).set("rows", report.surface_rows));
    record.set("references", report.references);
    record.set("rows", counts(report.rows)).set("stale", std::move(stale)).set("passed_over", std::move(passed_over));
    return record.set("notes", std::move(notes)).set("seconds", response.seconds);
}

}  // namespace runlake::ops
