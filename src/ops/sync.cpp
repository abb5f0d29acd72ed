// SPDX-License-Identifier: Apache-2.0
#include "ops/sync.hpp"

#include <algorithm>
#include <utility>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "ops/lake_paths.hpp"
#include "os/files.hpp"
#include "sync/names.hpp"

namespace runlake::ops {
namespace {

constexpr std::string_view k_database = "lake.duckdb";

// Of a lake: its facts and published datasets, and the database. What begins with a dot is on its way.
bool is_of_lake(std::string_view path) {
    const std::vector<std::string_view> parts = core::split(path, '/');
    if (std::any_of(parts.begin(), parts.end(), [](std::string_view part) { return part.starts_with('.') || part.ends_with(".tmp"); })) { return false; }
    return parts[0] == "exports" || parts[0] == "jobs" || parts[0] == "reference" || path == k_database;
}

// Of logs: all of them. Their writers make a file under another name first.
bool is_of_logs(std::string_view path) { return !path.ends_with(".tmp"); }

// "/srv/team" of "/srv/team/artifacts/lake" and of "/srv/team/wonton-soup/logs": what has to be there before anything is made in it.
std::string base_of(std::string_view path, std::string_view below) {
    if (path.ends_with(below)) { path.remove_suffix(below.size()); }
    constexpr std::string_view k_segment = "/wonton-soup";
    if (path.ends_with(k_segment)) { path.remove_suffix(k_segment.size()); }
    return path.empty() ? "/" : std::string(path);
}

struct Planned {
    sync::Pair pair;
    std::string there;
    std::string base;
};

std::vector<Planned> pairs_of(const lake::Roots& roots) {
    std::vector<Planned> planned;
    if (roots.remote_lake) {
        planned.push_back({{.name = "lake", .here = roots.lake.path, .comes_back = true, .database = std::string(k_database), .takes = is_of_lake}, roots.remote_lake->path, base_of(roots.remote_lake->path, "/artifacts/lake")});
    }
    if (roots.remote_logs) {
        planned.push_back({{.name = "logs", .here = roots.logs.path, .comes_back = true, .database = "", .takes = is_of_logs}, roots.remote_logs->path, base_of(roots.remote_logs->path, "/logs")});
    }
    if (roots.remote_log_archives) {
        // Put away there: they do not come back by themselves.
        planned.push_back({{.name = "log_archives", .here = os::join_path(os::parent_path(roots.logs.path), "log-archives"), .comes_back = false, .database = "", .takes = is_of_logs}, roots.remote_log_archives->path,
                           base_of(roots.remote_log_archives->path, "/log-archives")});
    }
    return planned;
}

core::Json side_json(const std::optional<sync::Attributes>& side) {
    if (!side) { return {}; }
    core::Json record = core::Json::object();
    return record.set("bytes", side->bytes).set("mtime", core::format_iso(core::Timestamp{side->mtime_ns / 1000}));
}

core::Json path_json(core::Json record, const std::string& path) {
    record.set("path", core::valid_utf8(path));
    if (core::valid_utf8(path) != path) { record.set("path_escaped", sync::escape_name(path)); }
    return record;
}

core::Json reasons_json(const std::vector<sync::PassedOver>& list) {
    core::Json records = core::Json::array();
    for (const sync::PassedOver& one : list) { records.push(path_json(core::Json::object(), one.path).set("why", core::valid_utf8(one.why))); }
    return records;
}

core::Json moved_json(const sync::Moved& moved) {
    core::Json record = core::Json::object();
    return record.set("files", static_cast<std::uint64_t>(moved.files)).set("bytes", moved.bytes);
}

std::string_view newer_name(sync::Newer newer) {
    return newer == sync::Newer::here ? "here" : newer == sync::Newer::there ? "there" : "unknown";
}

core::Json drift_json(const std::vector<sync::Difference>& drift) {
    core::Json records = core::Json::array();
    for (const sync::Difference& one : drift) {
        core::Json record = path_json(core::Json::object(), one.path);
        record.set("state", sync::state_name(one.state)).set("newer", newer_name(one.newer)).set("here", side_json(one.here)).set("there", side_json(one.there));
        record.set("held", one.held.empty() ? core::Json() : core::Json(core::valid_utf8(one.held)));
        records.push(std::move(record));
    }
    return records;
}

core::Json counts_json(const sync::PairReport& report) {
    core::Json counts = core::Json::object();
    for (const sync::State state : {sync::State::missing, sync::State::extra, sync::State::newer, sync::State::differing}) {
        const auto count = std::count_if(report.drift.begin(), report.drift.end(), [&](const sync::Difference& one) { return one.state == state; });
        counts.set(sync::state_name(state), static_cast<std::int64_t>(count));
    }
    return counts;
}

std::size_t open_of(const sync::PairReport& report, sync::Mode mode) {
    return static_cast<std::size_t>(std::count_if(report.drift.begin(), report.drift.end(), [&](const sync::Difference& one) { return mode != sync::Mode::push || one.state != sync::State::extra; }));
}

}  // namespace

bool SyncResponse::has_failures() const {
    return std::any_of(roots.begin(), roots.end(), [](const sync::PairReport& report) { return !report.failures.empty(); });
}

std::size_t SyncResponse::open() const {
    std::size_t open = 0;
    for (const sync::PairReport& report : roots) { open += report.name == "log_archives" && mode == sync::Mode::both ? open_of(report, sync::Mode::push) : open_of(report, mode); }
    return open;
}

core::Result<SyncResponse> sync_roots(const SyncRequest& request) {
    RL_ASSIGN(const lake::Roots roots, lake_roots(request.store));
    SyncResponse response;
    response.mode = request.mode;
    response.notes = roots.notes;
    response.remote = roots.remote;
    if (!roots.remote) {
        response.notes.emplace_back("no remote is configured: set RUNLAKE_ARTIFACT_ROOT for the lake, RUNLAKE_LOG_ROOT for the logs");
        return response;
    }
    for (const Planned& planned : pairs_of(roots)) {
        // Archives that nobody makes here are not asked for either.
        if (!planned.pair.comes_back && !os::is_dir(planned.pair.here)) { continue; }
        RL_ASSIGN(const std::unique_ptr<sync::Side> side, sync::open_side(*roots.remote, planned.pair.here, planned.there, planned.base));
        RL_ASSIGN(sync::PairReport report, sync::exchange(planned.pair, *side, request.mode));
        response.roots.push_back(std::move(report));
    }
    return response;
}

core::Json to_json(const SyncResponse& response) {
    core::Json roots = core::Json::array();
    for (const sync::PairReport& report : response.roots) {
        core::Json database;
        if (report.database != sync::DatabaseState::none) {
            database.set("state", sync::database_state_name(report.database)).set("why", report.database_why.empty() ? core::Json() : core::Json(core::valid_utf8(report.database_why)));
        }
        core::Json record = core::Json::object();
        record.set("name", report.name).set("here", core::valid_utf8(report.here)).set("there", core::valid_utf8(report.there)).set("is_here", report.is_here);
        record.set("files_here", static_cast<std::uint64_t>(report.files_here)).set("files_there", static_cast<std::uint64_t>(report.files_there));
        record.set("pushed", moved_json(report.pushed)).set("pulled", moved_json(report.pulled)).set("counts", counts_json(report)).set("drift", drift_json(report.drift));
        record.set("failures", reasons_json(report.failures)).set("passed_over", reasons_json(report.passed_over)).set("database", std::move(database));
        core::Json notes = core::Json::array();
        for (const std::string& note : report.notes) { notes.push(core::valid_utf8(note)); }
        record.set("notes", std::move(notes));
        roots.push(std::move(record));
    }
    core::Json notes = core::Json::array();
    for (const std::string& note : response.notes) { notes.push(core::valid_utf8(note)); }
    core::Json record = core::Json::object();
    record.set("remote", response.remote ? core::Json(remote_text(*response.remote)) : core::Json()).set("converged", response.open() == 0 && !response.has_failures());
    return record.set("open", static_cast<std::uint64_t>(response.open())).set("roots", std::move(roots)).set("notes", std::move(notes));
}

}  // namespace runlake::ops
