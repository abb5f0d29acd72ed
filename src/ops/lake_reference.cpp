// SPDX-License-Identifier: Apache-2.0
#include "ops/lake_reference.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <tuple>
#include <utility>

#include "core/json_texts.hpp"
#include "core/text.hpp"
#include "lake/database.hpp"
#include "lake/export/session.hpp"
#include "lake/job/config.hpp"
#include "lake/json_column.hpp"
#include "lake/reference/build.hpp"
#include "lake/reference/index.hpp"
#include "lake/reference/score.hpp"
#include "lake/reference/store.hpp"
#include "ops/lake_export.hpp"
#include "ops/lake_paths.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::uint64_t k_most_json_bytes = 16U << 20U;

// What an option says: an object as it stands on the command line, or the file that has it.
core::Result<Json> object_of(const std::string& word, std::string_view option) {
    std::string text = word;
    const bool is_inline = core::trim(word).starts_with('{');
    if (!is_inline) {
        if (word.empty()) { return Error(Errc::usage, cat(option, " is empty: give it a JSON object, or a file with one")); }
        auto read = os::read_file(word, k_most_json_bytes);
        if (!read.ok()) { return std::move(read).take_error().context(option); }
        text = std::move(read).take();
    }
    auto value = core::parse_json(text, is_inline ? option : std::string_view(word));
    if (!value.ok()) { return Error(Errc::usage, value.error().message()); }
    if (!value.value().is_object()) { return Error(Errc::usage, cat(option, ": it must be a JSON object")); }
    return value;
}

// The tables are derived from the files, so that leaving them for the next reconcile loses nothing.
void tell_lake(const lake::Roots& roots, std::string_view what, std::vector<std::string>& notes) {
    const auto later = [&](const Error& error) { notes.push_back(cat("the lake has ", what, " after the next `runlake lake reconcile`: ", error.message())); };
    auto held = lake::hold_lake(roots.database);
    if (!held.ok()) { return later(held.error()); }
    const auto indexed = lake::index_references(held.value().connection, roots.references);
    if (!indexed.ok()) { return later(indexed.error()); }
    for (const auto& problem : indexed.value().problems) { notes.push_back(cat("the lake leaves out ", problem.rel_path, ": ", problem.problem)); }
}

core::Result<std::string> find_reference(const std::string& references_dir, const std::string& word) {
    RL_ASSIGN(const auto ids, lake::list_references(references_dir));
    std::vector<std::string> found;
    std::ranges::copy_if(ids, std::back_inserter(found), [&](const std::string& id) { return !word.empty() && id.starts_with(word); });
    if (found.size() == 1) { return found.front(); }
    if (found.empty()) { return Error(Errc::not_found, cat("there is no reference \"", core::valid_utf8(word), "\" below ", references_dir, "; `runlake lake reference list` shows those there are")); }
    return Error(Errc::conflict, cat("\"", word, "\" may mean ", found.size(), " references: ", core::join(found, ", ")));
}

constexpr std::string_view k_list =
    "WITH m AS (SELECT ref_id, count(DISTINCT run_uid) FILTER (run_key IS NOT NULL) AS here FROM lake_reference_members GROUP BY ref_id), "
    "k AS (SELECT ref_id, count(DISTINCT run_key) AS runs, count(*) AS scores, count(*) FILTER (valid) AS valid FROM k_reference_score GROUP BY ref_id) "
    "SELECT r.ref_id, r.kind, r.created_at, r.alpha, r.members, coalesce(m.here, 0), r.goals, r.attempts, r.successes, coalesce(k.runs, 0), coalesce(k.scores, 0), coalesce(k.valid, 0), "
    "CAST(r.meta AS VARCHAR) AS meta, CAST(r.selection AS VARCHAR) AS selection, r.artifact_path FROM lake_references r LEFT JOIN m ON m.ref_id = r.ref_id LEFT JOIN k ON k.ref_id = r.ref_id ORDER BY r.ref_id";

}  // namespace

core::Result<LakeReferenceBuildResponse> lake_reference_build(const LakeReferenceBuildRequest& request) {
    lake::BuildOrder order;
    RL_ASSIGN(order.build.selection_json, object_of(request.selection, "--selection"));
    RL_ASSIGN(order.build.selection, lake::parse_selection(order.build.selection_json, "--selection", true));
    if (request.meta) { RL_ASSIGN(order.build.meta, object_of(*request.meta, "--meta")); }
    order.build.alpha = request.alpha;
    RL_ASSIGN(const auto roots, lake_roots(request.store));
    order.references_dir = roots.references;
    order.now = request.now;
    order.program = program_name();
    LakeReferenceBuildResponse response;
    {
        RL_ASSIGN(auto session, lake::ExportSession::open(roots.database));
        RL_ASSIGN(const auto built, lake::build_reference(session, order));
        response.ref_id = built.ref_id;
        response.artifact = os::join_path(lake::reference_folder(roots.references, built.ref_id), lake::k_reference_file);
        response.alpha = built.reference.alpha;
        response.meta = built.reference.meta;
        response.selection = order.build.selection_json;
        response.selected_runs = built.selected;
        response.members = static_cast<std::int64_t>(built.reference.members.size());
        response.without_outcomes = built.without_outcomes;
        response.goals = static_cast<std::int64_t>(built.reference.outcomes.by_goal.size());
        response.was_there = built.was_there;
    }
    tell_lake(roots, "the reference", response.notes);
    return response;
}

Json to_json(const LakeReferenceBuildResponse& response) {
    return Json::object()
        .set("ref_id", response.ref_id)
        .set("artifact", response.artifact)
        .set("alpha", response.alpha)
        .set("meta", response.meta)
        .set("selection", response.selection)
        .set("selected_runs", response.selected_runs)
        .set("members", response.members)
        .set("without_outcomes", response.without_outcomes)
        .set("goals", response.goals)
        .set("unchanged", response.was_there)
        .set("notes", core::text_list(response.notes));
}

core::Result<LakeReferenceListResponse> lake_reference_list(const LakeReferenceListRequest& request) {
    RL_ASSIGN(const auto roots, lake_roots(request.store));
    RL_ASSIGN(auto connection, lake::open_lake(roots.database));
    LakeReferenceListResponse response;
    RL_ASSIGN(auto rows, connection.query(k_list));
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { break; }
        LakeReferenceListResponse::Row row{.ref_id = std::string(rows.text(0)),
                                           .kind = std::string(rows.text(1)),
                                           .created_at = rows.time_if(2),
                                           .alpha = rows.number(3),
                                           .members = rows.integer(4),
                                           .members_here = rows.integer(5),
                                           .goals = rows.integer(6),
                                           .attempts = rows.integer(7),
                                           .successes = rows.integer(8),
                                           .scored_runs = rows.integer(9),
                                           .scores = rows.integer(10),
                                           .valid = rows.integer(11),
                                           .meta = {},
                                           .selection = {},
                                           .artifact_path = std::string(rows.text(14))};
        RL_ASSIGN(row.meta, lake::json_column(rows, 12));
        RL_ASSIGN(row.selection, lake::json_column(rows, 13));
        response.references.push_back(std::move(row));
    }
    RL_ASSIGN(const auto there, lake::list_references(roots.references));
    for (const auto& id : there) {
        if (std::ranges::find(response.references, id, &LakeReferenceListResponse::Row::ref_id) == response.references.end()) {
            response.notes.push_back(cat("the reference ", id, " is not in the lake yet: `runlake lake reconcile`"));
        }
    }
    return response;
}

Json to_json(const LakeReferenceListResponse& response) {
    Json list = Json::array();
    for (const auto& row : response.references) {
        list.push(Json::object()
                      .set("ref_id", row.ref_id)
                      .set("kind", row.kind)
                      .set("created_at", row.created_at ? Json(core::format_iso(*row.created_at)) : Json())
                      .set("alpha", row.alpha)
                      .set("members", row.members)
                      .set("members_here", row.members_here)
                      .set("goals", row.goals)
                      .set("attempts", row.attempts)
                      .set("successes", row.successes)
                      .set("scored_runs", row.scored_runs)
                      .set("scores", row.scores)
                      .set("valid", row.valid)
                      .set("meta", row.meta)
                      .set("selection", row.selection)
                      .set("artifact_path", row.artifact_path));
    }
    return Json::object().set("references", std::move(list)).set("notes", core::text_list(response.notes));
}

core::Result<LakeReferenceScoreResponse> lake_reference_score(const LakeReferenceScoreRequest& request) {
    LakeReferenceScoreResponse response;
    response.selection = Json::object();
    if (request.selection) { RL_ASSIGN(response.selection, object_of(*request.selection, "--selection")); }
    RL_ASSIGN(const auto selection, lake::parse_selection(response.selection, "--selection", false));
    std::optional<std::string> logs_dir;
    if (request.logs_dir) {
        if (!os::is_dir(*request.logs_dir)) { return Error(Errc::not_found, cat("--logs-dir ", *request.logs_dir, ": there is no such folder")); }
        RL_ASSIGN(logs_dir, os::absolute_path(*request.logs_dir));
    }
    RL_ASSIGN(const auto roots, lake_roots(request.store));
    RL_ASSIGN(response.ref_id, find_reference(roots.references, request.reference));
    RL_ASSIGN(const auto reference, lake::read_reference(roots.references, response.ref_id));
    const auto provenance = lake::read_provenance(roots.references, response.ref_id);
    response.reference_selection = provenance.selection;
    response.members = static_cast<std::int64_t>(reference.members.size());
    std::vector<lake::RunToScore> runs;
    {
        RL_ASSIGN(auto session, lake::ExportSession::open(roots.database));
        RL_ASSIGN(const auto selected, lake::select_runs(session, selection, logs_dir, lake::RunNames::key));
        if (selected.runs.empty()) {
            return Error(Errc::not_found, cat("no run is selected (", selected.in_lake, " in the lake, ", selected.matched, " match, ", selected.fit, " of them fit by their status): nothing was scored"));
        }
        RL_ASSIGN(runs, lake::runs_to_score(session, selected.runs, reference));
    }
    lake::ScoreOrder order{.references_dir = roots.references, .ref_id = response.ref_id, .threads = request.jobs.value_or(static_cast<unsigned>(std::max(1, os::usable_processors()))), .is_stopped = nullptr, .progress = request.progress};
    if (request.stop != nullptr) {
        order.is_stopped = [stop = request.stop] { return stop->wait(std::chrono::milliseconds(0)); };
    }
    auto scored = lake::score_runs(reference, runs, order);
    tell_lake(roots, "the scores", response.notes);
    if (!scored.ok()) { return std::move(scored).take_error(); }
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const auto& run = runs[i];
        const auto& done = scored.value()[i];
        response.runs.push_back({.run_key = run.run_key,
                                 .run_uid = run.run_uid,
                                 .search_uid = run.search_uid,
                                 .run_id = run.run_id,
                                 .rel_run_dir = run.rel_run_dir,
                                 .in_sample = run.in_sample,
                                 .rows = done.rows,
                                 .valid = done.valid,
                                 .skipped = done.skipped});
    }
    std::ranges::sort(response.runs, {}, [](const LakeReferenceScoreResponse::Run& run) { return std::tie(run.rel_run_dir, run.run_key); });
    return response;
}

Json to_json(const LakeReferenceScoreResponse& response) {
    Json runs = Json::array();
    std::uint64_t in_sample = 0;
    std::uint64_t scored = 0;
    std::uint64_t rows = 0;
    std::uint64_t valid = 0;
    for (const auto& run : response.runs) {
        in_sample += run.in_sample ? 1 : 0;
        scored += run.skipped.empty() ? 1 : 0;
        rows += run.rows;
        valid += run.valid;
        runs.push(Json::object()
                      .set("run_key", run.run_key)
                      .set("run_uid", run.run_uid)
                      .set("search_uid", core::text_or_null(run.search_uid))
                      .set("run_id", core::text_or_null(run.run_id))
                      .set("rel_run_dir", run.rel_run_dir)
                      .set("in_sample", run.in_sample)
                      .set("rows", run.rows)
                      .set("valid", run.valid)
                      .set("skipped", core::text_or_null(run.skipped)));
    }
    return Json::object()
        .set("ref_id", response.ref_id)
        .set("members", response.members)
        .set("reference_selection", response.reference_selection)
        .set("selection", response.selection)
        .set("selected_runs", std::uint64_t{response.runs.size()})
        .set("in_sample", in_sample)
        .set("out_of_sample", std::uint64_t{response.runs.size()} - in_sample)
        .set("scored_runs", scored)
        .set("rows", rows)
        .set("valid", valid)
        .set("runs", std::move(runs))
        .set("notes", core::text_list(response.notes));
}

}  // namespace runlake::ops
