// SPDX-License-Identifier: Apache-2.0
#include "ops/lake_doctor.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "lake/database.hpp"
#include "lake/known.hpp"
#include "lake/reference/check.hpp"
#include "lake/source.hpp"
#include "lake/standing.hpp"
#include "ops/lake_paths.hpp"
#include "ops/lake_reconcile.hpp"
#include "ops/sync.hpp"
#include "os/files.hpp"
#include "runs/query_text.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Json;
using lake::Shortfall;

constexpr std::size_t k_named = 5;   // of many, in a sentence

std::string counted(std::size_t count, std::string_view one, std::string_view many) { return cat(core::group_thousands(static_cast<std::int64_t>(count)), ' ', count == 1 ? one : many); }

// "a, b and 3 more"
std::string some_of(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < k_named; ++i) { text += cat(i == 0 ? "" : ", ", names[i]); }
    if (names.size() > k_named) { text += cat(" and ", names.size() - k_named, " more"); }
    return text;
}

class Examination {
  public:
    Examination(const LakeDoctorRequest& request, lake::Roots roots) : request_(request), roots_(std::move(roots)) {}

    core::Result<DoctorResponse> examine() {
        examine_roots();
        if (open()) {
            RL_TRY(examine_runs());
            examine_files();
            examine_postprocess();
            examine_exports();
            examine_dashboards();
            examine_references();
        }
        examine_durability();
        return std::move(response_);
    }

  private:
    void found(std::string area, Level level, std::string text, std::string next = "", Json facts = Json::object()) {
        response_.findings.push_back({std::move(area), level, std::move(text), std::move(next), std::move(facts)});
    }
    void trouble(std::string area, const core::Error& error) { found(std::move(area), Level::problem, error.message(), "mend what it says, then run this again"); }

    std::string reconcile_words() const {
        std::string words = "runlake lake reconcile";
        for (const auto& dir : request_.logs_dirs) { words += cat(" --logs-dir ", dir); }
        return words;
    }

    void examine_roots() {
        for (const auto& note : roots_.notes) { found("roots", Level::note, note, "runlake lake paths"); }
        // The lake that is asked is another than the one that was filled: the usual cause of answers that look old.
        const auto usual = os::join_path(request_.store.dir, "lake/lake.duckdb");
        if (usual != roots_.database && os::exists(usual)) {
            found("roots", Level::note, cat("there are two lakes: ", roots_.database, " is asked (", roots_.lake.why, "), and ", usual, " is there as well"),
                  "runlake lake paths says why; unset the variable, or reconcile the one that is asked");
        }
        if (request_.logs_dirs.empty() && !os::is_dir(roots_.logs.path)) {
            found("roots", Level::note, cat("the folder of logs ", roots_.logs.path, " is not there (", roots_.logs.why, "): proof searches are looked for only where --logs-dir says"),
                  "runlake lake reconcile --logs-dir DIR, with the folder that holds the runs");
        }
        if (response_.findings.empty()) { found("roots", Level::ok, cat("the lake is ", roots_.database, ", the logs are ", roots_.logs.path)); }
    }

    bool open() {
        auto opened = lake::open_lake(roots_.database);
        if (opened.ok()) {
            connection_.emplace(std::move(opened).take());
            if (::access(roots_.database.c_str(), W_OK) == 0 && ::access(os::parent_path(roots_.database).c_str(), W_OK) == 0) {
                found("lake", Level::ok, cat(roots_.database, " can be read"));
            } else {
                found("lake", Level::note, cat(roots_.database, " can be read, and not be changed: the folder or the file refuses to be written"),
                      "reconcile as the user who owns it, or in a lake of your own: runlake lake paths tells the variables");
            }
            return true;
        }
        const bool is_busy = opened.error().code() == core::Errc::busy;
        const bool is_newer = opened.error().message().find("knows versions up to") != std::string::npos;
        found("lake", is_busy ? Level::note : Level::problem, opened.error().message(), is_busy ? "wait for `runlake lake reconcile` to end" : is_newer ? "use the newer runlake" : reconcile_words());
        return false;
    }

    // What a reconcile would do, and by it what the lake lacks.
    core::Status examine_runs() {
        LakeReconcileRequest look{.store = request_.store, .logs_dirs = request_.logs_dirs, .dry_run = true, .stop = request_.stop};
        RL_ASSIGN(const auto earlier, lake::known_roots(*connection_));
        std::set<std::string> given(look.logs_dirs.begin(), look.logs_dirs.end());
        for (const auto& root : earlier) {
            if (!os::is_dir(root.path)) {
                found("runs", Level::problem, cat("the folder ", root.path, ", which was reconciled, is not there any more"), "mount or restore it; or forget its runs: runlake lake reconcile --prune");
            } else if (request_.logs_dirs.empty() && given.insert(root.path).second) {
                look.logs_dirs.push_back(root.path);
            }
        }
        if (request_.logs_dirs.empty() && os::is_dir(roots_.logs.path) && given.insert(roots_.logs.path).second) { look.logs_dirs.push_back(roots_.logs.path); }
        auto looked = lake_reconcile(look);
        if (!looked.ok()) {
            if (looked.error().code() == core::Errc::interrupted || looked.error().code() == core::Errc::not_found) { return std::move(looked).take_error(); }
            trouble("runs", looked.error());
            return core::ok();
        }
        const auto& report = looked.value().report;
        auto facts = Json::object().set("found", report.units).set("missing", report.added).set("changed", report.changed).set("gone", std::uint64_t{report.stale.size()});
        const auto before = response_.findings.size();
        if (report.added > 0) {
            const auto names = missing_names(look.logs_dirs);
            found("runs", Level::problem, cat(counted(report.added, "run is", "runs are"), " on disk and not in the lake", names.empty() ? "" : ": ", some_of(names)), reconcile_words(), facts);
        }
        if (report.changed > 0) {
            found("runs", Level::problem, cat(counted(report.changed, "run has", "runs have"), " changed since the lake was reconciled: what is asked of it, or exported, is stale"), reconcile_words(), facts);
        }
        if (!report.stale.empty()) {
            std::vector<std::string> names;
            for (const auto& unit : report.stale) { names.push_back(unit.dir); }
            found("runs", Level::note, cat(counted(names.size(), "run of the lake is", "runs of the lake are"), " not on disk any more: ", some_of(names)), "runlake lake reconcile --prune forgets them", facts);
        }
        std::vector<std::string> names;
        for (const auto& folder : report.passed_over) { names.push_back(cat(folder.dir, " (", folder.why, ')')); }
        if (!names.empty()) {
            found("runs", Level::note, cat(counted(names.size(), "folder looks like a run and is", "folders look like runs and are"), " passed over: ", some_of(names)),
                  "a run of a proof search is a folder with a run_config.json");
        }
        if (report.units == 0) {
            found("runs", Level::problem, cat("no run was found below ", look.logs_dirs.empty() ? std::string("the project") : some_of(look.logs_dirs)), "runlake lake reconcile --logs-dir DIR, with the folder that holds the runs");
        }
        if (response_.findings.size() == before) { found("runs", Level::ok, cat(counted(report.units, "run is", "runs are"), " on disk, and the lake has ", report.units == 1 ? "it" : "them all", " as now"), "", facts); }
        return core::ok();
    }

    std::vector<std::string> missing_names(const std::vector<std::string>& roots) {
        std::vector<std::string> names;
        lake::DiscoverRequest request{.roots = roots};
        if (!request_.store.root.empty()) { request.beside.push_back(request_.store.root); }
        request.beside.push_back(request_.store.dir);
        auto units = lake::discover_units(request);
        auto known = lake::known_units(*connection_);
        if (!units.ok() || !known.ok()) { return names; }
        for (const auto& unit : units.value().units) {
            if (!known.value().contains(unit.key)) { names.push_back(unit.dir); }
        }
        return names;
    }

    std::vector<std::string> texts(std::string_view sql, std::string_view area) {
        std::vector<std::string> out;
        auto read = runs::each_row(*connection_, runs::QueryText().add(sql), [&](const sql::Rows& rows) {
            out.emplace_back(rows.is_null(0) ? std::string_view("-") : rows.text(0));
            return core::ok();
        });
        if (!read.ok()) { trouble(std::string(area), read.error()); }
        return out;
    }

    void examine_files() {
        const auto bad = texts("SELECT coalesce(rel_path || ' of ', '') || coalesce(r.rel_run_dir, e.run_key, '-') || ': ' || error FROM (SELECT run_key, rel_path, error FROM extract_errors WHERE severity = 'error' "
                               "UNION ALL SELECT run_key, rel_path, error FROM graph_extract_errors) e LEFT JOIN runs r USING (run_key) ORDER BY 1", "files");
        if (bad.empty()) {
            found("files", Level::ok, "everything that was found could be read");
        } else {
            found("files", Level::note, cat(counted(bad.size(), "error", "errors"), " in what was read, and rows are missing: ", some_of(bad)),
                  "runlake lake sql \"SELECT run_key, stage, rel_path, line, error FROM extract_errors\"; mend or remove them, then reconcile");
        }
    }

    // A report of postprocess says of which summary it was made.
    void examine_postprocess() {
        const auto stale = texts("SELECT coalesce(r.rel_run_dir, p.run_key) FROM run_postprocess p JOIN runs r USING (run_key) WHERE json_extract_string(p.inputs, '$.summary_sha256') IS NOT NULL AND NOT EXISTS "
                                 "(FROM run_files f WHERE f.run_key = p.run_key AND f.file_name IN ('summary.json.gz', 'summary.json') AND f.sha256 = json_extract_string(p.inputs, '$.summary_sha256')) "
                                 "AND EXISTS (FROM run_files f WHERE f.run_key = p.run_key AND f.file_name IN ('summary.json.gz', 'summary.json')) ORDER BY 1", "export");
        if (!stale.empty()) {
            found("export", Level::note, cat("the report of postprocess is about another summary in ", counted(stale.size(), "run", "runs"), ": ", some_of(stale)),
                  cat("run postprocess again for them, then ", reconcile_words()));
        }
    }

    // Whether an export was written before something was read into the lake, or of another number of runs.
    bool is_stale(const std::string& folder, core::Timestamp changed, std::int64_t runs) {
        const auto member = [&](std::string_view file) {
            auto text = os::read_file(os::join_path(folder, file));
            auto parsed = text.ok() ? core::parse_json(text.value(), file) : core::Result<Json>(Json());
            return parsed.ok() ? std::move(parsed).take() : Json();
        };
        const auto manifest = member("manifest.json");
        if (manifest.string_at("profile") == "full" && manifest.integer_at("runs") != runs) { return true; }
        const auto made = core::parse_iso(member("provenance.json").string_at("created_at").value_or(""));
        return made.ok() && made.value() < changed;
    }
    void examine_exports() {
        const auto before = response_.findings.size();
        std::optional<core::Timestamp> changed;
        std::int64_t runs = 0;
        auto read = runs::each_row(*connection_, runs::QueryText().add("SELECT max(reconciled_at), (SELECT count(*) FROM runs) FROM lake_units"), [&](const sql::Rows& rows) {
            changed = rows.time_if(0);
            runs = rows.integer(1);
            return core::ok();
        });
        if (!read.ok()) { trouble("export", read.error()); }
        std::vector<std::string> old;
        if (const auto folders = os::list_dir(roots_.exports); folders.ok() && changed) {
            for (const auto& folder : folders.value()) {
                if (is_stale(os::join_path(roots_.exports, folder.name), *changed, runs)) { old.push_back(folder.name); }
            }
        }
        if (!old.empty()) { found("export", Level::note, cat(counted(old.size(), "export was", "exports were"), " written before the lake changed last: ", some_of(old)), "export again: runlake lake export"); }
        if (response_.findings.size() == before && !had_export_finding()) { found("export", Level::ok, "nothing that was exported is older than the lake"); }
    }
    bool had_export_finding() const { return std::ranges::any_of(response_.findings, [](const Finding& finding) { return finding.area == "export"; }); }

    void examine_dashboards() {
        const auto before = response_.findings.size();
        auto standings = lake::runs_that_fall_short(*connection_);
        if (!standings.ok()) {
            trouble("dashboard", standings.error());
            return;
        }
        std::vector<std::string> refused, left_out;
        for (const auto& standing : standings.value()) {
            const auto name = standing.rel_run_dir.empty() ? standing.run_key : standing.rel_run_dir;
            const auto& reason = standing.reasons.front();
            (lake::stops_a_dashboard(reason.shortfall) ? refused : left_out).push_back(cat(name, " (", reason.text, ')'));
        }
        if (!refused.empty()) {
            found("dashboard", Level::note, cat("a dashboard stops at ", counted(refused.size(), "run", "runs"), ": ", some_of(refused)),
                  "leave them out by the selection of the job; basin-only runs belong into the lake, not into a dashboard");
        }
        if (!left_out.empty()) {
            found("dashboard", Level::note, cat("selections that ask for complete runs leave out ", counted(left_out.size(), "run", "runs"), ": ", some_of(left_out)), "runlake lake show RUN says what is known of one");
        }
        const auto failed = texts("SELECT job_name || ': ' || coalesce(error, 'no reason told') FROM (SELECT *, row_number() OVER (PARTITION BY job_name ORDER BY created_at DESC, job_run_id DESC) AS turn FROM lake_job_runs) "
                                  "WHERE turn = 1 AND status = 'failed' ORDER BY job_name", "dashboard");
        if (!failed.empty()) { found("dashboard", Level::problem, cat(counted(failed.size(), "job", "jobs"), " failed when last run: ", some_of(failed)), "mend what it says, then: runlake lake job run --config FILE"); }
        if (response_.findings.size() == before) { found("dashboard", Level::ok, "no run stands against a dashboard"); }
    }

    void examine_references() {
        const auto checked = lake::check_references(*connection_, roots_.references);
        if (!checked.ok()) {
            trouble("references", checked.error());
            return;
        }
        const auto before = response_.findings.size();
        std::size_t whole = 0;
        std::vector<std::string> gone, half, unknown, missing, changed, torn, unread, elsewhere;
        for (const auto& one : checked.value()) {
            if (!one.has_artifact) {
                (one.is_in_lake ? gone : half).push_back(one.ref_id);
                continue;
            }
            if (!one.damage.empty()) {
                found("references", Level::problem, cat("the reference ", one.ref_id, " can't be used: ", one.damage), "copy it again from where it is whole, or build it again: runlake lake reference build");
                continue;
            }
            ++whole;
            if (!one.is_in_lake) { unknown.push_back(one.ref_id); }
            if (one.missing > 0) { missing.push_back(cat(one.ref_id, " (", one.missing, " of ", one.members, ')')); }
            if (one.changed > 0) { changed.push_back(cat(one.ref_id, " (", one.changed, " of ", one.members, ')')); }
            torn.insert(torn.end(), one.damaged_scores.begin(), one.damaged_scores.end());
            if (one.is_in_lake && one.unread_scores > 0) { unread.push_back(cat(one.ref_id, " (", one.unread_scores, ')')); }
            if (one.other_scores > 0) { elsewhere.push_back(cat(one.ref_id, " (", one.other_scores, ')')); }
        }
        const auto tell = [&](const std::vector<std::string>& names, Level level, std::string_view one, std::string_view many, std::string_view about, const std::string& next) {
            if (!names.empty()) { found("references", level, cat(counted(names.size(), one, many), about, some_of(names)), next); }
        };
        tell(torn, Level::problem, "file of scores", "files of scores", " can't be read, and the lake lacks what is in them: ", "score those runs again: runlake lake reference score REFERENCE");
        tell(unknown, Level::problem, "reference is", "references are", " on disk and not in the lake: ", reconcile_words());
        tell(unread, Level::problem, "reference has", "references have", " files of scores that are not in the lake: ", reconcile_words());
        tell(gone, Level::problem, "reference of the lake has", "references of the lake have", " lost the artifact: ", cat("copy it again or build it again, else the lake forgets it: ", reconcile_words()));
        tell(half, Level::note, "folder", "folders", " of a reference without its artifact, as a killed program or half a copy leaves: ", "build or copy it again, or remove the folder");
        tell(missing, Level::note, "reference has", "references have", " members that are no runs of this lake, so that their overlap with what is scored can't be seen: ", reconcile_words());
        tell(changed, Level::note, "reference has", "references have", " members whose runs have other content now (metrics were computed since): built again it has another id. ", "nothing, unless it is to be built again: what was learnt from them is the same");
        tell(elsewhere, Level::note, "reference has", "references have", " scores of searches that are not in this lake, or were changed since: ", "score what has changed again: runlake lake reference score REFERENCE");
        if (response_.findings.size() == before) { found("references", Level::ok, whole == 0 ? std::string("there are no references") : cat(counted(whole, "reference is", "references are"), " whole, with all members and scores")); }
    }

    void examine_durability() {
        if (!roots_.remote) {
            found("durability", Level::ok, "the roots are on this machine alone: no artifact or log root is set");
            return;
        }
        if (!roots_.remote_lake || !roots_.remote_logs) {
            found("durability", Level::note, cat("only the ", roots_.remote_lake ? "artifact" : "log", " root is set: the ", roots_.remote_lake ? "logs" : "lake's files", " are on this machine alone"), "runlake lake paths");
        }
        const auto where = cat(remote_text(*roots_.remote), " (", roots_.remote->why, ')');
        if (roots_.remote->kind != lake::RemoteKind::folder) {
            found("durability", Level::note, cat("the remote is ", where, "; whether both sides agree is not looked at here, as it takes a connection"), "runlake sync durability-status");
            return;
        }
        bool is_there = true;
        for (const auto* root : {&roots_.remote_lake, &roots_.remote_logs}) {
            if (!*root || os::is_dir((*root)->path)) { continue; }
            is_there = false;
            found("durability", Level::problem, cat("the remote root ", (*root)->path, " is not there (", (*root)->why, "): nothing was pushed yet, or it is not mounted"), "mount it, or: runlake sync durable-push");
        }
        if (is_there) { examine_drift(where); }
    }

    void examine_drift(const std::string& where) {
        auto looked = sync_roots({.store = request_.store, .mode = sync::Mode::look});
        if (!looked.ok()) {
            trouble("durability", looked.error());
            return;
        }
        std::vector<std::string> apart, torn;
        for (const auto& root : looked.value().roots) {
            for (const auto& difference : root.drift) {
                (difference.state == sync::State::differing ? torn : apart).push_back(cat(root.name, "/", difference.path, " (", sync::state_name(difference.state), ')'));
            }
        }
        if (!torn.empty()) {
            found("durability", Level::problem, cat(counted(torn.size(), "file was", "files were"), " changed on both sides: ", some_of(torn)), "decide which is right, and remove the other; then: runlake sync durable-push");
        }
        if (!apart.empty()) { found("durability", Level::problem, cat(counted(apart.size(), "file differs", "files differ"), " from the remote: ", some_of(apart)), "runlake sync durable-push, or runlake sync now for both ways"); }
        if (torn.empty() && apart.empty()) { found("durability", Level::ok, cat("both sides agree: ", where)); }
    }

    const LakeDoctorRequest& request_;
    lake::Roots roots_;
    std::optional<sql::Connection> connection_;
    DoctorResponse response_;
};

}  // namespace

core::Result<DoctorResponse> lake_doctor(const LakeDoctorRequest& request) {
    RL_ASSIGN(auto roots, lake_roots(request.store));
    return Examination(request, std::move(roots)).examine();
}

}  // namespace runlake::ops
