// SPDX-License-Identifier: Apache-2.0
// Bringing a run directory here: as a copy to look at, or result by result into the folder to work in.
#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "rundir/parts.hpp"
#include "rundir/rclone.hpp"
#include "rundir/remote.hpp"
#include "rundir/remote_tree.hpp"
#include "rundir/retention.hpp"
#include "rundir/scratch.hpp"

namespace runlake::rundir {
namespace {

namespace point = os::point;

core::Result<RemoteTree> look(const Rclone& rclone, const RemoteUri& uri) {
    RL_ASSIGN(ObjectList objects, rclone.list());
    RemoteTree tree = sort_objects(std::move(objects));
    if (!tree.is_run_dir()) { return core::Error(core::Errc::not_found, core::cat("opening the run directory ", uri.text(), ": there is no run.json")); }
    return tree;
}

// The object store has no bit for it: which files are programs is in the manifest.
core::Status mark_programs(const std::string& out, const Manifest& manifest) {
    for (const ManifestEntry& entry : manifest.entries) {
        const std::string path = os::join_path(out, entry.path);
        if (entry.executable && os::exists(path)) { RL_TRY(os::set_mode(path, 0755, point::remote_write)); }
    }
    return core::ok();
}

core::Result<Manifest> manifest_of(const std::string& result, const DoneRecord& done, const RemoteUri& uri) {
    RL_ASSIGN(const std::string text, os::read_file(result + "manifest.json"));
    const std::string what = core::cat("the manifest of ", done.which.str(), " in ", uri.text());
    RL_ASSIGN(Manifest manifest, parse_manifest(text, what));
    if (manifest.digest() != done.manifest) { return core::Error(core::Errc::corrupt, core::cat(what, " is not the one that its DONE.json names")); }
    return manifest;
}

// Makes the folder to work in: the records of the run directory, then a rename, so that it is there as a whole.
core::Result<RunDir> open_here(const Rclone& rclone, const RemoteTree& tree, const RemoteUri& from, const std::string& folder) {
    if (!os::exists(folder + "/run.json")) {
        RL_TRY(os::make_dirs(os::parent_path(folder), 0777, point::remote_write));
        RL_ASSIGN(const Scratch scratch, Scratch::make(folder));
        RL_TRY(rclone.receive(tree.records, scratch.path()));
        RL_TRY(RunDir::open(scratch.path()));
        const core::Status moved = os::rename_exclusive(scratch.path(), folder, point::remote_write);
        if (!moved.ok() && moved.error().code() != core::Errc::conflict) { return moved.error(); }
    }
    RL_ASSIGN(RunDir here, RunDir::open(folder));
    RL_ASSIGN(const std::string theirs, rclone.read("run.json"));
    RL_ASSIGN(const std::string ours, os::read_file(here.path() + "/run.json"));
    if (ours != theirs) { return core::Error(core::Errc::conflict, core::cat("pulling ", from.text(), ": the folder ", folder, " holds another run directory; remove it if nothing in it is still to be pushed")); }
    return here;
}

// Moves what was received into staging and publishes it: the manifest decides whether it is whole.
core::Status take_in(const RunDir& here, const std::string& result, const DoneRecord& done, const Manifest& manifest, const RemoteUri& from, const std::optional<std::string>& digest_cache) {
    RL_ASSIGN(const std::unique_ptr<os::Lease> lease, here.take_lease(done.which, "pull"));
    RL_ASSIGN(const std::unique_ptr<Staging> staging, Staging::begin(here, done.which));
    RL_TRY(mark_programs(result + "out", manifest));
    for (const ManifestEntry& entry : manifest.entries) {
        const std::string target = os::join_path(staging->out(), entry.path);
        RL_TRY(os::make_dirs(os::parent_path(target), 0777, point::remote_write));
        const core::Status moved = os::rename_exclusive(os::join_path(result + "out", entry.path), target, point::remote_write);
        if (moved.ok()) { continue; }
        if (moved.error().code() != core::Errc::not_found) { return moved; }
        return core::Error(core::Errc::corrupt, core::cat("pulling ", done.which.str(), " of ", from.text(), ": ", entry.path, " is missing there"));
    }
    const auto published = publish(here, *staging, done, {.digest_cache = digest_cache, .expected_manifest = done.manifest, .replace = false});
    if (published.ok() || published.error().code() == core::Errc::conflict) { return core::ok(); }   // another process was faster
    return core::Error(published.error()).context(core::cat("pulling ", from.text()));
}

struct Wanted {
    DoneRecord done;
    bool is_here = false;
};

// Of each instance, the result that is current there.
core::Result<std::vector<Wanted>> current_there(const RunDir& here, const RemoteTree& tree, const std::string& scratch, const RemoteUri& from) {
    std::map<StageInstance, std::optional<DoneRecord>> newest;
    for (const auto& [result, names] : tree.results) {
        const auto& [which, key] = result;
        std::optional<DoneRecord>& kept = newest[which];
        const std::string what = core::cat(from.text(), ": DONE.json of ", which.str());
        RL_ASSIGN(const std::string text, os::read_file(core::cat(scratch, '/', result_prefix(which, key), "DONE.json")));
        RL_ASSIGN(DoneRecord done, parse_done(text, what));
        if (done.which != which || done.key.key != key) { return core::Error(core::Errc::corrupt, core::cat(what, " is that of another result")); }
        const auto pointer = os::read_file(core::cat(scratch, '/', instance_prefix(which), "current"), 4096);
        const auto is_current = [&](const DoneRecord& record) { return pointer.ok() && core::trim(pointer.value()) == record.key.key.hex(); };
        if (!kept || is_current(done) || (!is_current(*kept) && kept->finished_at < done.finished_at)) { kept = std::move(done); }
    }
    std::vector<Wanted> wanted;
    for (auto& [which, done] : newest) {
        RL_ASSIGN(const std::optional<DoneRecord> ours, read_done(here, which, done->key.key));
        wanted.push_back({.done = std::move(*done), .is_here = ours.has_value()});
    }
    return wanted;
}

// What is current here and is not there yet is newer than anything there: it stays current.
core::Status point_at_current(const RunDir& here, const RemoteTree& tree, const std::vector<Wanted>& wanted, const std::map<StageInstance, core::Digest>& before) {
    bool changed = false;
    for (const Wanted& one : wanted) {
        const auto ours = before.find(one.done.which);
        const bool keep = ours != before.end() && !tree.results.contains({one.done.which, ours->second});
        const core::Digest& key = keep ? ours->second : one.done.key.key;
        RL_ASSIGN(const std::optional<DoneRecord> now, current_result(here, one.done.which));
        if (now && now->key.key == key) { continue; }
        RL_TRY(set_current(here, one.done.which, key));
        changed = true;
    }
    return changed ? rebuild_view(here) : core::ok();
}

std::vector<std::string> names_of_records(const RemoteTree& tree, bool with_directory) {
    std::vector<std::string> names = tree.currents;
    if (with_directory) { names.insert(names.end(), tree.records.begin(), tree.records.end()); }
    for (const auto& [result, objects] : tree.results) {
        const std::string prefix = result_prefix(result.first, result.second);
        names.push_back(prefix + "DONE.json");
        names.push_back(prefix + "manifest.json");
    }
    return names;
}

}  // namespace

core::Result<std::vector<std::string>> list_remote(const RemoteUri& base) {
    RL_ASSIGN(const Rclone rclone, Rclone::open(base));
    RL_ASSIGN(const ObjectList objects, rclone.list_matching("/*/run.json"));
    std::vector<std::string> found;
    for (const auto& [name, bytes] : objects) { found.push_back(base.child(name.substr(0, name.find('/')))); }
    return found;
}

core::Result<RunDir> fetch(const RemoteUri& from, const std::string& folder, FetchDepth depth) {
    RL_ASSIGN(const Rclone rclone, Rclone::open(from));
    RL_ASSIGN(const RemoteTree tree, look(rclone, from));
    RL_TRY(os::make_dir(folder, 0700, point::remote_write));
    std::vector<std::string> names = names_of_records(tree, true);
    if (depth == FetchDepth::files) {
        for (const auto& [result, objects] : tree.results) {
            const std::string out = result_prefix(result.first, result.second) + "out/";
            std::copy_if(objects.begin(), objects.end(), std::back_inserter(names), [&](const std::string& name) { return name.starts_with(out); });
        }
    }
    RL_TRY(rclone.receive(names, folder));
    core::Result<RunDir> opened = RunDir::open(folder);
    if (!opened.ok()) { return std::move(opened).take_error().context(from.text()); }
    if (depth == FetchDepth::files) {
        RL_ASSIGN(const std::vector<DoneRecord> all, list_done(opened.value()));
        for (const DoneRecord& done : all) {
            const core::Result<Manifest> manifest = read_manifest(opened.value(), done);   // one that can't be read is for whoever verifies to tell
            if (manifest.ok()) { RL_TRY(mark_programs(opened.value().published(done.which, done.key.key) + "/out", manifest.value())); }
        }
    }
    return opened;
}

core::Result<Pulled> pull(const RemoteUri& from, const std::string& folder, const std::optional<std::string>& digest_cache) {
    RL_ASSIGN(const Rclone rclone, Rclone::open(from));
    RL_ASSIGN(const RemoteTree tree, look(rclone, from));
    RL_ASSIGN(RunDir here, open_here(rclone, tree, from, folder));
    RL_ASSIGN(const std::unique_ptr<os::Lease> entered, here.enter("pull"));
    Pulled pulled{.run_dir = here};
    std::vector<std::string> missing;
    RL_ASSIGN(const std::optional<std::string> pinned, pin_reason(here));
    std::copy_if(tree.records.begin(), tree.records.end(), std::back_inserter(missing),
                 [&](const std::string& name) { return name == "pinned" ? !pinned : !os::exists(os::join_path(here.path(), name)); });
    RL_TRY(rclone.receive(missing, here.path()));

    RL_ASSIGN(const Scratch scratch, Scratch::make(folder));
    RL_TRY(rclone.receive(names_of_records(tree, false), scratch.path()));
    RL_ASSIGN(const std::vector<Wanted> wanted, current_there(here, tree, scratch.path(), from));
    std::map<StageInstance, core::Digest> before;
    std::map<StageInstance, Manifest> manifests;
    std::vector<std::string> names;
    for (const Wanted& one : wanted) {
        RL_ASSIGN(const std::optional<DoneRecord> ours, current_result(here, one.done.which));
        if (ours) { before.emplace(one.done.which, ours->key.key); }
        if (one.is_here) { continue; }
        const std::string prefix = result_prefix(one.done.which, one.done.key.key);
        RL_ASSIGN(Manifest manifest, manifest_of(core::cat(scratch.path(), '/', prefix), one.done, from));
        for (const ManifestEntry& entry : manifest.entries) { names.push_back(core::cat(prefix, "out/", entry.path)); }
        manifests.emplace(one.done.which, std::move(manifest));
    }
    RL_TRY(rclone.receive(names, scratch.path()));
    for (const Wanted& one : wanted) {
        const auto manifest = manifests.find(one.done.which);
        if (manifest == manifests.end()) { continue; }
        RL_TRY(take_in(here, core::cat(scratch.path(), '/', result_prefix(one.done.which, one.done.key.key)), one.done, manifest->second, from, digest_cache));
        ++pulled.results;
        pulled.bytes += manifest->second.bytes();
    }
    RL_TRY(point_at_current(here, tree, wanted, before));
    return pulled;
}

}  // namespace runlake::rundir
