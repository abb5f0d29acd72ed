// SPDX-License-Identifier: Apache-2.0
#include "lake/job/release_job.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "lake/export/export_folder.hpp"
#include "lake/export/profile.hpp"
#include "lake/export/release.hpp"
#include "lake/export/session.hpp"
#include "lake/export/staged_folder.hpp"
#include "lake/job/graph_tables.hpp"
#include "lake/job/query_check.hpp"
#include "lake/job/selection.hpp"
#include "lake/page/page.hpp"
#include "lake/reference/members.hpp"
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

constexpr FolderPoints k_points = {os::point::release_write, os::point::release_publish};
// Rows as JSON lines while the release is made; gone before it is published.
constexpr std::string_view k_rows_folder = ".rows";

constexpr std::string_view k_all_runs = "all_runs";
constexpr std::string_view k_all_runs_sql =
    "SELECT run_key AS run_uid, source, run_id, name, state, started_at, finished_at, params, metrics FROM all_runs ORDER BY run_key";

core::Status check_config(const JobConfig& config) {
    for (const auto& dataset : config.datasets) {
        if (!dataset.generator.empty()) {
            return Error(Errc::usage, cat("dataset ", dataset.name, ": a release has the tables of the dashboard by itself; generators are for `runlake lake job run`"));
        }
        const bool is_own = dataset.name == k_all_runs && !config.selection.is_of_proof_searches();
        if (is_own || std::ranges::find(profile_tables(Profile::dashboard), std::string_view(dataset.name)) != profile_tables(Profile::dashboard).end()) {
            return Error(Errc::usage, cat("dataset ", dataset.name, ": a release has a table of that name by itself: choose another"));
        }
    }
    return core::ok();
}

bool is_place(std::string_view key, const Json& value) {
    constexpr auto k_place = std::to_array<std::string_view>({"root_id", "run_dir_prefix", "run_dir", "rel_run_dir"});
    return std::ranges::find(k_place, key) != k_place.end() || (key == "same_method_as" && value.find("run_key") != nullptr);
}

// The configuration as every machine has it: what selects by place is replaced by the runs that it selected, told by their content. Runs without an id are named by their folders.
Json config_of_release(const JobConfig& config, const std::vector<SelectedRun>& runs, const std::optional<PreparedReference>& reference) {
    auto selection = Json::object();
    bool by_place = false;
    const bool names_are_places = !config.selection.is_of_proof_searches() && std::ranges::any_of(runs, [](const SelectedRun& run) { return run.run_id.empty(); });
    for (const auto& [key, value] : *config.selection_json.as_object()) {
        const bool is_there = is_place(key, value) || (key == "name" && names_are_places);
        by_place = by_place || is_there;
        if (!is_there) { selection.set(key, value); }
    }
    Json out = config.json;
    // A reference that was built of runs in some place is told by its id, which follows from their content.
    const bool builds_by_place =
        reference && config.reference->build && std::ranges::any_of(*config.reference->build->selection_json.as_object(), [](const core::JsonMember& member) { return is_place(member.first, member.second); });
    if (builds_by_place) { out.set("reference", Json::object().set("ref_id", reference->ref_id).set("score_k", config.reference->score_k)); }
    if (!by_place) { return out; }
    std::set<std::string, std::less<>> uids;
    for (const auto& run : runs) { uids.insert(run.run_uid); }
    auto list = Json::array();
    for (const auto& uid : uids) { list.push(uid); }
    selection.set("run_uid", std::move(list));
    return out.set("selection", std::move(selection));
}

std::string help_of(std::string_view table) {
    if (table == k_all_runs) { return "The runs of every source side by side."; }
    for (const auto* declared : all_tables()) {
        if (declared->name == table) { return std::string(declared->help); }
    }
    return "";
}

class Maker {
  public:
    Maker(const ReleaseOrder& order, Json config, ExportSession& session, StagedFolder& staged) : order_(order), session_(session), staged_(staged) { release_.config = std::move(config); }

    core::Status run(ReleaseDone& done) {
        RL_TRY(datasets());
        release_.job_name = order_.config.name;
        release_.lake_schema_version = k_schema_version;
        release_.selected_runs = session_.selected_count();
        RL_TRY(add_file(std::string(k_job_config_file), release_.config));
        RL_ASSIGN(done.release_id, release_id(release_));
        RL_TRY(page(done.release_id));
        RL_TRY(os::remove_tree(os::join_path(staged_.path(), k_rows_folder), os::point::release_write));
        RL_TRY(os::remove_tree(os::join_path(staged_.path(), ".spill"), os::point::release_write));
        RL_ASSIGN(const auto manifest, release_manifest(release_, done.release_id));
        RL_ASSIGN(manifest_, ascii_document(manifest));
        RL_TRY(staged_.write(std::string(k_manifest_file), manifest_));
        RL_TRY(staged_.write(std::string(k_dashboard_manifest_file), manifest_));
        RL_ASSIGN(const auto provenance, provenance_document(order_.now, order_.program));
        RL_TRY(staged_.write(std::string(k_provenance_file), provenance));
        for (const auto& dataset : release_.datasets) { done.rows += dataset.file.rows; }
        done.selected_runs = release_.selected_runs;
        done.datasets = static_cast<std::int64_t>(release_.datasets.size());
        return core::ok();
    }
    const std::string& manifest() const { return manifest_; }
    void set_reference(Json reference) { release_.reference = std::move(reference); }

  private:
    core::Status datasets() {
        // The tables of the dashboard are about proof searches.
        std::vector<DatasetQuery> queries;
        if (order_.config.selection.has_source(k_default_source)) { queries = profile_queries(session_, Profile::dashboard, RunNames::uid); }
        if (!order_.config.selection.is_of_proof_searches()) { queries.push_back({std::string(k_all_runs), std::string(k_all_runs_sql)}); }
        for (const auto& dataset : order_.config.datasets) {
            auto sql = checked_query(session_, dataset.query);
            if (!sql.ok()) { return std::move(sql).take_error().context(cat("dataset ", dataset.name)); }
            queries.push_back({dataset.name, sql.value()});
        }
        for (const auto& query : queries) {
            const DatasetTarget rows{.folder = staged_.path(),
                                     .file = cat(k_rows_folder, '/', query.name, ".jsonl"),
                                     .format = DatasetFormat::jsonl,
                                     .point = os::point::release_write,
                                     .forbidden = session_.forbidden()};
            RL_ASSIGN(const auto lines, write_dataset(session_.connection(), query, rows));
            DatasetTarget target = rows;
            target.file = cat(k_data_folder, '/', query.name, ".parquet");
            target.format = DatasetFormat::parquet;
            RL_ASSIGN(auto file, write_dataset(session_.connection(), query, target));
            if (file.rows != lines.rows) { return Error(Errc::internal, cat("dataset ", query.name, ": ", lines.rows, " rows as text and ", file.rows, " as Parquet")); }
            release_.datasets.push_back({std::move(file), lines.sha256});
            tables_.push_back({.name = query.name,
                               .help = help_of(query.name),
                               .jsonl_path = os::join_path(staged_.path(), lines.file),
                               .file = target.file,
                               .rows = lines.rows});
        }
        return core::ok();
    }

    core::Status add_file(const std::string& file, const Json& value) {
        RL_ASSIGN(const auto text, ascii_document(value));
        RL_TRY(staged_.write(file, text));
        RL_ASSIGN(const auto digest, digest_file(os::join_path(staged_.path(), file)));
        release_.files.push_back({file, digest.bytes, digest.sha256});
        return core::ok();
    }

    core::Status page(const std::string& id) {
        const PageRequest request{.dir = staged_.path(),
                                  .title = "",
                                  .release_id = id,
                                  .facts = Json::object()
                                               .set("job", order_.config.name)
                                               .set("selection", release_.config.find("selection") == nullptr ? Json::object() : *release_.config.find("selection"))
                                               .set("reference", release_.reference)
                                               .set("selected_runs", release_.selected_runs)
                                               .set("lake_schema_version", release_.lake_schema_version),
                                  .tables = tables_};
        RL_ASSIGN(const auto files, write_page(request));
        for (const auto& file : files) {
            RL_ASSIGN(const auto digest, digest_file(os::join_path(staged_.path(), file)));
            release_.page.push_back({file, digest.bytes, digest.sha256});
        }
        return core::ok();
    }

    const ReleaseOrder& order_;
    ExportSession& session_;
    StagedFolder& staged_;
    Release release_;
    std::vector<PageTable> tables_;
    std::string manifest_;
};

core::Status publish(const ReleaseOrder& order, const std::string& manifest, StagedFolder& staged, ReleaseDone& done) {
    if (os::exists(done.dir)) {
        const auto check = verify_release(done.dir);
        const auto there = os::read_file(os::join_path(done.dir, k_manifest_file), 256U << 20U);
        done.was_there = check.ok() && check.value().problems.empty() && check.value().release_id == done.release_id && there.ok() && there.value() == manifest;
    }
    if (!done.was_there) {
        RL_TRY(os::sync_dir(staged.path(), os::point::release_publish));
        RL_TRY(staged.publish(StagedFolder::Existing::replace));
    }
    if (!order.promote) { return core::ok(); }
    const std::string shown = os::join_path(order.site_dir, k_dashboard_manifest_file);
    RL_TRY(os::publish_file(shown, manifest, 0644, os::Existing::replace, os::Durability::power, os::point::release_promote));
    done.promoted = true;
    return core::ok();
}

}  // namespace

core::Result<ReleaseDone> make_release(const ReleaseOrder& order) {
    RL_TRY(check_config(order.config));
    RL_ASSIGN(auto opened, ExportSession::open(order.database));
    std::optional<ExportSession> session(std::move(opened));
    const auto logs_dir = order.logs_dir.empty() ? std::nullopt : std::optional(order.logs_dir);
    RL_ASSIGN(const auto selected, select_runs(*session, order.config.selection, logs_dir, RunNames::uid));
    if (selected.runs.empty()) {
        return nothing_selected(*session, order.config.selection, selected, "no release was made");
    }
    std::vector<std::string> keys;
    for (const auto& run : selected.runs) { keys.push_back(run.run_key); }
    RL_TRY(session->select(keys));
    ReleaseDone done;
    RL_ASSIGN(done.offenders, find_offenders(*session));
    done.selected_runs = session->selected_count();
    if (!done.offenders.empty()) {
        done.selection_without = selection_without(done.offenders, selected.runs);
        return done;
    }
    std::optional<PreparedReference> reference;
    if (order.config.reference) {
        const PrepareOrder prepare{.reference = *order.config.reference, .database = order.database, .references_dir = order.references_dir, .now = order.now, .program = order.program};
        RL_ASSIGN(reference, prepare_reference(session, prepare, distinct_contents(selected.runs)));
        RL_TRY(session->select(keys));
        RL_TRY(session->set_context(reference->ref_id));
    }
    if (order.config.asks_for_all_runs()) { RL_TRY(session->identify()); }
    RL_TRY(session->show(RunNames::uid));
    const std::string releases = os::join_path(order.site_dir, "releases");
    RL_ASSIGN(auto staged, StagedFolder::make(os::join_path(releases, "release"), k_points));
    RL_TRY(session->confine(staged.path()));
    RL_TRY(add_graph_tables(*session, order.config.datasets));
    Maker maker(order, config_of_release(order.config, selected.runs, reference), *session, staged);
    if (reference) { maker.set_reference(reference->facts); }
    RL_TRY(maker.run(done));
    done.dir = os::join_path(releases, done.release_id);
    staged.rename_target(done.dir);
    RL_TRY(publish(order, maker.manifest(), staged, done));
    return done;
}

}  // namespace runlake::lake
