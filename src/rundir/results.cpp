// SPDX-License-Identifier: Apache-2.0
// Published results: reading, listing, which one is current, marking and removing them.
#include <dirent.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "rundir/parts.hpp"
#include "rundir/publish.hpp"

namespace runlake::rundir {
namespace {

namespace point = os::point;

std::string current_path(const RunDir& run_dir, const StageInstance& which) { return run_dir.instance_dir(which) + "/current"; }
std::string mark_path(const RunDir& run_dir, const StageInstance& which) { return run_dir.instance_dir(which) + "/nondeterministic.json"; }

// Names of the folders in one, sorted; none when it is missing.
core::Result<std::vector<std::string>> folders_in(const std::string& path) {
    std::vector<std::string> names;
    const core::Result<std::vector<os::DirEntry>> entries = os::list_dir(path);
    if (!entries.ok()) {
        if (entries.error().code() == core::Errc::not_found) { return names; }
        return entries.error();
    }
    for (const os::DirEntry& entry : entries.value()) {
        if (entry.type == DT_DIR || (entry.type == DT_UNKNOWN && os::is_dir(os::join_path(path, entry.name)))) { names.push_back(entry.name); }
    }
    return names;
}

// The key in `current`; nothing when there is none or it can't be read, which the results themselves make up for.
std::optional<core::Digest> current_key(const RunDir& run_dir, const StageInstance& which) {
    const core::Result<std::string> text = os::read_file(current_path(run_dir, which), 4096);
    if (!text.ok()) { return std::nullopt; }
    const core::Result<core::Digest> key = core::Digest::parse(core::trim(text.value()));
    if (!key.ok()) { return std::nullopt; }
    return key.value();
}

// Of an instance, those that can be read.
core::Result<std::vector<DoneRecord>> list_done_of(const RunDir& run_dir, const StageInstance& which) {
    std::vector<DoneRecord> records;
    RL_ASSIGN(const std::vector<core::Digest> keys, list_keys(run_dir, which));
    for (const core::Digest& key : keys) {
        core::Result<std::optional<DoneRecord>> done = read_done(run_dir, which, key);
        if (!done.ok()) {
            if (done.error().code() == core::Errc::io) { return std::move(done).take_error(); }
            continue;
        }
        if (done.value()) { records.push_back(std::move(*std::move(done).take())); }
    }
    std::sort(records.begin(), records.end(), [](const DoneRecord& a, const DoneRecord& b) { return std::tie(a.finished_at, a.key.key) < std::tie(b.finished_at, b.key.key); });
    return records;
}

// Copies in the view would be nobody's when the result is gone that they are copies of.
core::Status hide_if_current(const RunDir& run_dir, const StageInstance& which, const core::Digest& key) {
    const core::Result<std::optional<DoneRecord>> done = read_done(run_dir, which, key);
    if (!done.ok() || !done.value()) { return core::ok(); }
    RL_ASSIGN(const std::optional<DoneRecord> current, current_result(run_dir, which));
    if (!current || current->key.key != key) { return core::ok(); }
    const core::Result<Manifest> manifest = read_manifest(run_dir, *done.value());
    return manifest.ok() ? hide_from_view(run_dir, *done.value(), manifest.value()) : core::ok();
}

}  // namespace

core::Result<std::vector<StageInstance>> list_instances(const RunDir& run_dir) {
    std::vector<StageInstance> all;
    RL_ASSIGN(const std::vector<std::string> stages, folders_in(run_dir.stages()));
    for (const std::string& stage : stages) {
        RL_ASSIGN(const std::vector<std::string> instances, folders_in(os::join_path(run_dir.stages(), stage)));
        for (const std::string& instance : instances) {
            StageInstance which{.stage = stage, .instance = instance};
            if (check_instance(which).ok()) { all.push_back(std::move(which)); }
        }
    }
    std::sort(all.begin(), all.end());
    return all;
}

core::Result<std::vector<core::Digest>> list_keys(const RunDir& run_dir, const StageInstance& which) {
    std::vector<core::Digest> keys;
    RL_ASSIGN(const std::vector<std::string> names, folders_in(run_dir.instance_dir(which)));
    for (const std::string& name : names) {
        const core::Result<core::Digest> key = core::Digest::parse(name);
        if (key.ok()) { keys.push_back(key.value()); }
    }
    return keys;
}

core::Result<std::optional<DoneRecord>> read_done(const RunDir& run_dir, const StageInstance& which, const core::Digest& key) {
    const std::string path = run_dir.published(which, key) + "/DONE.json";
    const core::Result<std::string> text = os::read_file(path, k_max_record_bytes);
    if (!text.ok()) {
        if (text.error().code() == core::Errc::not_found) { return std::optional<DoneRecord>(); }
        return text.error();
    }
    RL_ASSIGN(DoneRecord done, parse_done(text.value(), path));
    if (done.which != which || done.key.key != key) {
        return core::Error(core::Errc::corrupt, core::cat("reading ", path, ": it is the record of another result, of ", done.which.str(), " with key ", done.key.key.hex().substr(0, 12)));
    }
    return std::optional<DoneRecord>(std::move(done));
}

core::Result<Manifest> read_manifest(const RunDir& run_dir, const DoneRecord& done) {
    const std::string path = run_dir.published(done.which, done.key.key) + "/manifest.json";
    const core::Result<std::string> text = os::read_file(path, k_max_record_bytes);
    if (!text.ok()) {
        if (text.error().code() != core::Errc::not_found) { return text.error(); }
        return core::Error(core::Errc::corrupt, core::cat("reading ", path, ": it is gone"));
    }
    RL_ASSIGN(Manifest manifest, parse_manifest(text.value(), path));
    if (manifest.digest() != done.manifest) { return core::Error(core::Errc::corrupt, core::cat("reading ", path, ": it is not the one that DONE.json was written for")); }
    return manifest;
}

core::Result<std::vector<DoneRecord>> list_done(const RunDir& run_dir) {
    std::vector<DoneRecord> all;
    RL_ASSIGN(const std::vector<StageInstance> instances, list_instances(run_dir));
    for (const StageInstance& which : instances) {
        RL_ASSIGN(std::vector<DoneRecord> records, list_done_of(run_dir, which));
        std::move(records.begin(), records.end(), std::back_inserter(all));
    }
    return all;
}

core::Result<std::optional<DoneRecord>> current_result(const RunDir& run_dir, const StageInstance& which) {
    if (const std::optional<core::Digest> key = current_key(run_dir, which)) {
        core::Result<std::optional<DoneRecord>> done = read_done(run_dir, which, *key);
        if (done.ok() ? done.value().has_value() : done.error().code() == core::Errc::io) { return done; }
    }
    RL_ASSIGN(std::vector<DoneRecord> records, list_done_of(run_dir, which));
    if (records.empty()) { return std::optional<DoneRecord>(); }
    return std::optional<DoneRecord>(std::move(records.back()));
}

core::Result<std::vector<DoneRecord>> current_results(const RunDir& run_dir) {
    std::vector<DoneRecord> results;
    RL_ASSIGN(const std::vector<StageInstance> instances, list_instances(run_dir));
    for (const StageInstance& which : instances) {
        RL_ASSIGN(std::optional<DoneRecord> done, current_result(run_dir, which));
        if (done) { results.push_back(std::move(*done)); }
    }
    return results;
}

core::Status set_current(const RunDir& run_dir, const StageInstance& which, const core::Digest& key) {
    if (current_key(run_dir, which) == key) { return core::ok(); }
    // Not synced: without it the result that finished last is current, which is what a loss of power would leave.
    return os::publish_file(current_path(run_dir, which), key.hex() + "\n", 0644, os::Existing::replace, os::Durability::process, point::stage_current_write);
}

core::Status discard(const RunDir& run_dir, const StageInstance& which, const core::Digest& key) {
    const std::string path = run_dir.published(which, key);
    if (!os::stat_link(path)) { return core::ok(); }
    RL_TRY(hide_if_current(run_dir, which, key));
    RL_TRY(os::make_dirs(run_dir.staging(), 0777, point::stage_staging_create));
    const std::string aside = run_dir.staging_name(which);
    // A folder without the right to write can't be moved to another one.
    make_folders_writable(path, point::stage_staging_remove);
    RL_TRY(os::rename_exclusive(path, aside, point::stage_staging_remove));
    return remove_readonly_tree(aside, point::stage_staging_remove);
}

core::Status mark_nondeterministic(const RunDir& run_dir, const DoneRecord& done, const std::vector<Difference>& differences, const core::RunId& second_run) {
    core::Json paths = core::Json::array();
    for (const Difference& difference : differences) { paths.push(difference.path); }
    core::Json json = core::Json::object();
    json.set("version", 1)
        .set("key", done.key.key.hex())
        .set("first_run", done.run_id.str())
        .set("second_run", second_run.str())
        .set("differences", std::move(paths));
    return os::publish_file(mark_path(run_dir, done.which), core::to_json_pretty(json), 0644, os::Existing::replace, os::Durability::power, point::stage_mark_write);
}

core::Result<bool> is_nondeterministic(const RunDir& run_dir, const StageInstance& which) { return os::stat_link(mark_path(run_dir, which)).has_value(); }

}  // namespace runlake::rundir
