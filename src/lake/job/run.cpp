// SPDX-License-Identifier: Apache-2.0
#include "lake/job/run.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "lake/export/dataset.hpp"
#include "lake/export/export_folder.hpp"
#include "lake/export/release.hpp"
#include "lake/export/session.hpp"
#include "lake/export/staged_folder.hpp"
#include "lake/job/dashboard.hpp"
#include "lake/job/graph_tables.hpp"
#include "lake/job/job_files.hpp"
#include "lake/job/query_check.hpp"
#include "lake/job/selection.hpp"
#include "lake/reference/prepare.hpp"
#include "lake/registry_tables.hpp"
#include "os/fault_points.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::int64_t k_manifest_schema = 1;
constexpr FolderPoints k_points = {os::point::lake_job_write, os::point::lake_dataset_publish};
constexpr auto k_format_words = std::to_array<std::string_view>({"jsonl", "parquet", "dir"});

std::string_view word_of(JobFormat format) { return k_format_words[static_cast<std::size_t>(format)]; }

// What was found out so far: a job that fails tells it too.
struct Progress {
    Selected selected;
    std::string ref_id;           // "" without a reference
    std::vector<bool> in_sample;  // of the selected runs; empty without a reference
    Json reference;
    Json datasets = Json::array();
    std::vector<JobFile> files;
};

Json inputs_json(const Progress& progress) {
    auto runs = Json::array();
    const auto& selected = progress.selected.runs;
    for (std::size_t i = 0; i < selected.size(); ++i) {
        Json run = Json::object().set("run_key", selected[i].run_key).set("run_uid", selected[i].run_uid);
        if (i < progress.in_sample.size()) { run.set("in_sample", static_cast<bool>(progress.in_sample[i])); }
        runs.push(std::move(run));
    }
    return Json::object().set("selected_runs", std::move(runs));
}

// The same configuration over the same runs, by key and content, and against the same reference has the same id.
core::Result<std::string> job_run_id(const JobConfig& config, const Progress& progress) {
    RL_ASSIGN(const auto text, core::canonical_json(config.json));
    core::FieldHash hash("lake_job/1");
    hash.field("lake_schema_version", std::to_string(k_schema_version)).field("config", text);
    for (const auto& run : progress.selected.runs) { hash.field(run.run_key, run.run_uid); }
    // One that is built follows from what the lake holds, which the configuration does not say.
    if (config.reference && config.reference->build && !progress.ref_id.empty()) { hash.field("ref_id", progress.ref_id); }
    return hash.finish().hex().substr(0, 16);
}

// Which runs, and against which reference. The session may be another one afterwards.
core::Status begin(const JobOrder& order, std::optional<ExportSession>& session, Progress& progress) {
    RL_ASSIGN(progress.selected, select_runs(*session, order.config.selection, order.logs_dir, RunNames::key));
    if (progress.selected.runs.empty()) { return nothing_selected(*session, order.config.selection, progress.selected, "nothing was made"); }
    if (!order.config.reference) { return core::ok(); }
    RL_ASSIGN(auto prepared,
              prepare_reference(session, {.reference = *order.config.reference, .database = order.database, .references_dir = order.references_dir, .now = order.now, .program = order.program},
                                progress.selected.runs));
    progress.ref_id = std::move(prepared.ref_id);
    progress.in_sample = std::move(prepared.in_sample);
    progress.reference = prepared.to_json();
    return core::ok();
}

core::Status write_query(ExportSession& session, const JobDataset& dataset, const StagedFolder& staged, Progress& progress) {
    auto sql = checked_query(session, dataset.query);
    if (!sql.ok()) { return std::move(sql).take_error().context(cat("dataset ", dataset.name)); }
    const DatasetTarget target{.folder = staged.path(),
                               .file = dataset.file,
                               .format = dataset.format == JobFormat::parquet ? DatasetFormat::parquet : DatasetFormat::jsonl,
                               .point = os::point::lake_dataset_write,
                               .forbidden = session.forbidden()};
    RL_ASSIGN(const auto written, write_dataset(session.connection(), {dataset.name, sql.value()}, target));
    progress.datasets.push(to_json(written).set("path", written.file));
    progress.files.push_back({dataset.name, dataset.file, std::string(word_of(dataset.format)), written.rows});
    return core::ok();
}

core::Status write_folder(ExportSession& session, const JobDataset& dataset, StagedFolder& staged, Progress& progress) {
    RL_ASSIGN(const auto files, write_dashboard(session, progress.selected.runs, staged, dataset.file));
    auto list = Json::array();
    for (const auto& file : files) { list.push(Json::object().set("file", file.file).set("bytes", file.bytes).set("sha256", file.sha256)); }
    const auto runs = static_cast<std::int64_t>(progress.selected.runs.size());
    progress.datasets.push(
        Json::object().set("name", dataset.name).set("file", dataset.file).set("format", "dir").set("generator", dataset.generator).set("rows", runs).set("files", std::move(list)).set("path", dataset.file));
    progress.files.push_back({dataset.name, dataset.file, "dir", runs});
    return core::ok();
}

// Everything up to the folder, which is not published yet.
core::Status materialise(const JobOrder& order, ExportSession& session, StagedFolder& staged, Progress& progress) {
    RL_TRY(session.set_context(progress.ref_id));
    std::vector<std::string> keys;
    for (const auto& run : progress.selected.runs) { keys.push_back(run.run_key); }
    RL_TRY(session.select(keys));
    const bool has_dashboard = std::ranges::any_of(order.config.datasets, [](const JobDataset& dataset) { return !dataset.generator.empty(); });
    if (has_dashboard) {
        RL_ASSIGN(const auto offenders, find_offenders(session));
        if (!offenders.empty()) { return offenders_error(offenders, session.selected_count(), selection_without(offenders, progress.selected.runs)); }
    }
    if (order.config.asks_for_all_runs()) { RL_TRY(session.identify()); }
    RL_TRY(session.show(RunNames::key));
    RL_TRY(session.confine(staged.path()));
    RL_TRY(add_graph_tables(session, order.config.datasets));
    for (const auto& dataset : order.config.datasets) {
        RL_TRY(dataset.generator.empty() ? write_query(session, dataset, staged, progress) : write_folder(session, dataset, staged, progress));
    }
    return os::remove_tree(os::join_path(staged.path(), ".spill"), os::point::lake_job_write);
}

JobRun record_of(const JobOrder& order, const Progress& progress, const std::string& id) {
    return {.job_run_id = id,
            .job_name = order.config.name,
            .created_at = order.now,
            .status = "completed",
            .out_dir = "",
            .logs_root = order.logs_dir.value_or(""),
            .selection = order.config.selection_json,
            .reference = progress.reference.is_null() ? order.config.reference_json : progress.reference,
            .datasets = progress.datasets,
            .inputs = inputs_json(progress),
            .error = ""};
}

core::Status write_document(StagedFolder& staged, std::string_view file, const Json& value) {
    RL_ASSIGN(const auto text, ascii_document(value));
    return staged.write(std::string(file), text);
}

core::Status write_records(const JobOrder& order, StagedFolder& staged, const JobRun& record) {
    RL_TRY(write_document(staged, "inputs.json", record.inputs));
    RL_TRY(write_document(staged, k_job_config_file, order.config.json));
    RL_ASSIGN(const auto provenance, provenance_document(order.now, order.program));
    RL_TRY(staged.write(std::string(k_provenance_file), provenance));
    return write_document(staged, k_job_run_file, to_json(record));
}

Json manifest_of(const JobOrder& order, const Progress& progress, const std::string& id) {
    const auto count = static_cast<std::int64_t>(progress.selected.runs.size());
    return Json::object()
        .set("schema_version", k_manifest_schema)
        .set("format", "specter-viz")
        .set("lake_schema_version", k_schema_version)
        .set("job", Json::object().set("name", order.config.name).set("job_run_id", id).set("selected_runs", count))
        .set("selection_stats", stats_json(progress.selected))
        .set("selection_meta", Json::object().set("config_whitelist_hash", progress.selected.method))
        .set("selection", without_paths(order.config.selection_json))
        .set("reference", progress.reference)
        .set("datasets", progress.datasets);
}

// Whether the folder holds a job that ended well.
bool is_completed(const std::string& folder) {
    const auto text = os::read_file(os::join_path(folder, k_job_run_file), 256U << 20U);
    if (!text.ok()) { return false; }
    const auto run = parse_job_run(text.value(), k_job_run_file);
    return run.ok() && run.value().status == "completed";
}

// Whether every file that was just made lies in the folder with the same bytes.
bool has_same_files(const std::string& folder, const Json& datasets) {
    const auto is_same = [&](const Json& file) {
        const auto digest = digest_file(os::join_path(folder, file.string_at("file").value_or("")));
        return digest.ok() && digest.value().sha256 == file.string_at("sha256");
    };
    return std::ranges::all_of(*datasets.as_array(), [&](const Json& dataset) {
        const auto* files = dataset.find("files");
        return files == nullptr ? is_same(dataset) : std::ranges::all_of(*files->as_array(), is_same);
    });
}

// A failed job is told by its records alone. One that went well before under the same id is left as it is.
core::Status record_failure(const JobOrder& order, const Progress& progress, const std::string& target, const std::string& id, const Error& error) {
    if (is_completed(target)) { return core::ok(); }
    RL_ASSIGN(auto staged, StagedFolder::make(target, k_points));
    JobRun record = record_of(order, progress, id);
    record.status = "failed";
    record.datasets = Json::array();
    record.error = error.message();
    RL_TRY(write_records(order, staged, record));
    return staged.publish(StagedFolder::Existing::replace);
}

}  // namespace

core::Result<JobDone> run_job(const JobOrder& order) {
    std::optional<ExportSession> session;
    RL_ASSIGN(auto opened, ExportSession::open(order.database));
    session.emplace(std::move(opened));
    Progress progress;
    std::optional<Error> failure;
    if (auto begun = begin(order, session, progress); !begun.ok()) { failure = std::move(begun).take_error(); }
    RL_ASSIGN(const auto id, job_run_id(order.config, progress));
    const std::string target = os::join_path(os::join_path(order.jobs_dir, order.config.name), id);
    RL_ASSIGN(auto folder, StagedFolder::make(target, k_points));
    std::optional<StagedFolder> staged(std::move(folder));
    if (!failure) {
        auto made = materialise(order, *session, *staged, progress);
        if (!made.ok()) { failure = std::move(made).take_error(); }
    }
    if (failure) {
        // Before the failure is written down: where the disk is full, what was made is what fills it.
        staged.reset();
        auto recorded = record_failure(order, progress, target, id, *failure);
        if (!recorded.ok()) { return std::move(*failure).context(cat("job ", order.config.name, " (and it could not be recorded: ", recorded.error().message(), ")")); }
        return std::move(*failure).context(cat("job ", order.config.name));
    }
    RL_ASSIGN(const auto manifest, ascii_document(manifest_of(order, progress, id)));
    JobDone done{.job_run_id = id,
                 .out_dir = target,
                 .selected_runs = static_cast<std::int64_t>(progress.selected.runs.size()),
                 .selection_stats = stats_json(progress.selected),
                 .reference = progress.reference,
                 .datasets = progress.files};
    const auto earlier = os::read_file(os::join_path(target, k_manifest_file), 256U << 20U);
    if (earlier.ok() && earlier.value() == manifest && is_completed(target) && has_same_files(target, progress.datasets)) {
        done.was_there = true;
        return done;
    }
    RL_TRY(staged->write(std::string(k_manifest_file), manifest));
    RL_TRY(write_records(order, *staged, record_of(order, progress, id)));
    RL_TRY(staged->publish(StagedFolder::Existing::replace));
    return done;
}

}  // namespace runlake::lake
