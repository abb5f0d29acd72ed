// SPDX-License-Identifier: Apache-2.0
// Bringing what is published here to an object store: results, then their DONE records, then what points at them.
#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "rundir/parts.hpp"
#include "rundir/push_lock.hpp"
#include "rundir/rclone.hpp"
#include "rundir/remote.hpp"
#include "rundir/remote_tree.hpp"
#include "rundir/scratch.hpp"

namespace runlake::rundir {
namespace {

namespace point = os::point;

core::Status send_text(const Rclone& rclone, const RunDir& run_dir, const std::string& name, const std::string& text) {
    // By way of a file of the same name, which is what rclone sends.
    RL_TRY(os::make_dirs(os::parent_path(os::join_path(run_dir.path(), name)), 0777, point::remote_write));
    const std::string path = os::join_path(run_dir.path(), name);
    RL_TRY(os::publish_file(path, text, 0666, os::Existing::replace, os::Durability::process, point::remote_write));
    core::Status sent = rclone.send(run_dir.path(), {name}, Rclone::Compare::never);
    static_cast<void>(os::remove_file(path, point::remote_write).ok());
    return sent;
}

// `seen` is what stands there once nobody else pushes.
core::Result<PushLock> take_lock(const Rclone& rclone, const RunDir& run_dir, const RemoteUri& uri, RemoteTree& seen) {
    LockPlace place;
    place.prefix = k_remote_lock_prefix;
    place.put = [rclone, run_dir](const std::string& name, const std::string& text) { return send_text(rclone, run_dir, name, text); };
    place.list = [rclone, &seen]() -> core::Result<std::vector<std::string>> {
        RL_ASSIGN(ObjectList objects, rclone.list());
        seen = sort_objects(std::move(objects));
        return seen.locks;
    };
    place.read = [rclone](const std::string& name) { return rclone.read(name); };
    place.remove = [rclone](const std::vector<std::string>& names) { return rclone.remove(names); };
    place.what = core::cat("pushing to ", uri.text());
    place.shown = [uri](const std::string& name) { return uri.child(name); };
    return PushLock::take(place);
}

core::Status check_same(const Rclone& rclone, const RemoteTree& tree, const RunDir& run_dir, const RemoteUri& to) {
    if (!tree.is_run_dir()) {
        if (tree.empty) { return core::ok(); }
        return core::Error(core::Errc::conflict, core::cat("pushing to ", to.text(), ": other objects stand there, and no run.json"));
    }
    RL_ASSIGN(const std::string theirs, rclone.read("run.json"));
    RL_ASSIGN(const std::string ours, os::read_file(run_dir.path() + "/run.json"));
    if (ours == theirs) { return core::ok(); }
    return core::Error(core::Errc::conflict, core::cat("pushing ", run_dir.path(), " to ", to.text(), ": another run directory is there"));
}

core::Status send_records(const Rclone& rclone, const RemoteTree& tree, const RunDir& run_dir) {
    std::vector<std::string> names;
    RL_ASSIGN(const std::vector<int> attempts, run_dir.attempts());
    for (const int k : attempts) { names.push_back(core::cat("attempts/", k, "/config_train.yaml")); }
    names.emplace_back("config_resolved.yaml");
    std::erase_if(names, [&](const std::string& name) { return tree.has(name); });
    RL_TRY(rclone.send(run_dir.path(), names, Rclone::Compare::never));
    // What says there whether it is pinned was said of it there, for every machine, and may be newer than what this copy knows.
    if (!tree.has("pinned") && os::exists(run_dir.path() + "/pinned")) { RL_TRY(rclone.send(run_dir.path(), {"pinned"}, Rclone::Compare::never)); }
    if (tree.is_run_dir()) { return core::ok(); }
    return rclone.send(run_dir.path(), {"run.json"}, Rclone::Compare::never);
}

// A result that may be sent, with its files below .stages.
struct Outgoing {
    DoneRecord done;
    Manifest manifest;
    std::string prefix;
};

core::Result<Outgoing> check_result(const RunDir& run_dir, const DoneRecord& done, const std::optional<std::string>& digest_cache) {
    RL_ASSIGN(Manifest manifest, read_manifest(run_dir, done));
    RL_ASSIGN(const std::vector<Difference> differences, verify_tree(run_dir.published(done.which, done.key.key) + "/out", manifest, digest_cache, false));
    if (!differences.empty()) {
        return core::Error(core::Errc::corrupt, core::cat("pushing ", done.which.str(), " of ", run_dir.path(), ": ", differences.front().path, " is not as its manifest says; nothing was pushed"));
    }
    return Outgoing{.done = done, .manifest = std::move(manifest), .prefix = result_prefix(done.which, done.key.key)};
}

// Which of them are to be sent: what is not there, and what was made anew here under a key that is there. Of two results of one key the later stays.
core::Result<std::vector<Outgoing>> choose(const Rclone& rclone, const RemoteTree& tree, const RunDir& run_dir, std::vector<Outgoing> here) {
    std::vector<std::string> known;
    for (const Outgoing& one : here) {
        if (tree.results.contains({one.done.which, one.done.key.key})) { known.push_back(one.prefix + "DONE.json"); }
    }
    RL_ASSIGN(const Scratch scratch, Scratch::make(run_dir.path()));
    RL_TRY(rclone.receive(known, scratch.path()));
    std::vector<Outgoing> chosen;
    for (Outgoing& one : here) {
        const core::Result<std::string> theirs = os::read_file(core::cat(scratch.path(), '/', one.prefix, "DONE.json"));
        if (theirs.ok()) {
            const core::Result<DoneRecord> other = parse_done(theirs.value(), one.prefix);
            if (other.ok() && other.value().finished_at >= one.done.finished_at) { continue; }
        }
        chosen.push_back(std::move(one));
    }
    return chosen;
}

// The DONE of what is replaced goes before anything else of it.
core::Status retract(const Rclone& rclone, const RemoteTree& tree, const std::vector<Outgoing>& results) {
    std::vector<std::string> dones;
    std::vector<std::string> rest;
    for (const Outgoing& result : results) {
        const auto there = tree.results.find({result.done.which, result.done.key.key});
        if (there == tree.results.end()) { continue; }
        for (const std::string& name : there->second) { (name.ends_with("/DONE.json") ? dones : rest).push_back(name); }
    }
    RL_TRY(rclone.remove(dones));
    return rclone.remove(rest);
}

core::Status send_results(const Rclone& rclone, const RunDir& run_dir, const RemoteUri& to, const std::vector<Outgoing>& results) {
    ObjectList expected;
    std::vector<std::string> names;
    std::vector<std::string> dones;
    for (const Outgoing& result : results) {
        for (const ManifestEntry& entry : result.manifest.entries) {
            names.push_back(core::cat(result.prefix, "out/", entry.path));
            expected.emplace(names.back(), entry.bytes);
        }
        names.push_back(result.prefix + "manifest.json");
        expected.emplace(names.back(), to_json(result.manifest).size());
        dones.push_back(result.prefix + "DONE.json");
    }
    if (dones.empty()) { return core::ok(); }
    RL_TRY(rclone.send(run_dir.path(), names, Rclone::Compare::content));
    RL_ASSIGN(const ObjectList there, rclone.list());
    for (const auto& [name, bytes] : expected) {
        const auto found = there.find(name);
        if (found != there.end() && found->second == bytes) { continue; }
        return core::Error(core::Errc::io, core::cat("pushing to ", to.text(), ": ", name, found == there.end() ? " did not arrive" : " arrived with another size", "; nothing new counts as done there"));
    }
    return rclone.send(run_dir.path(), dones, Rclone::Compare::never);
}

// What points at results, and the tree that people and other programs read: links here, copies there.
core::Status send_view(const Rclone& rclone, const RunDir& run_dir) {
    std::vector<std::string> currents;
    std::vector<std::string> shown;
    RL_ASSIGN(const std::vector<StageInstance> instances, list_instances(run_dir));
    for (const StageInstance& which : instances) {
        RL_ASSIGN(const std::optional<DoneRecord> done, current_result(run_dir, which));
        if (!done) { continue; }
        if (os::exists(run_dir.instance_dir(which) + "/current")) { currents.push_back(instance_prefix(which) + "current"); }
        RL_ASSIGN(const Manifest manifest, read_manifest(run_dir, *done));
        for (const ManifestEntry& entry : manifest.entries) { shown.push_back(entry.path); }
    }
    RL_TRY(rclone.send(run_dir.path(), currents, Rclone::Compare::never));
    return rclone.send(run_dir.path(), shown, Rclone::Compare::content);
}

}  // namespace

core::Result<Pushed> push(const RunDir& run_dir, const RemoteUri& to, const std::optional<std::string>& digest_cache) {
    RL_ASSIGN(const Rclone rclone, Rclone::open(to));
    RL_ASSIGN(const std::unique_ptr<os::Lease> entered, run_dir.enter("push"));
    // What is here is looked at before anything is sent.
    RL_ASSIGN(const std::vector<DoneRecord> all, list_done(run_dir));
    std::vector<Outgoing> checked;
    for (const DoneRecord& done : all) {
        RL_ASSIGN(Outgoing one, check_result(run_dir, done, digest_cache));
        checked.push_back(std::move(one));
    }
    RL_ASSIGN(ObjectList objects, rclone.list());
    RL_TRY(check_same(rclone, sort_objects(std::move(objects)), run_dir, to));   // before the lock is written into another's place
    RemoteTree tree;
    RL_ASSIGN(const PushLock lock, take_lock(rclone, run_dir, to, tree));
    RL_TRY(check_same(rclone, tree, run_dir, to));

    RL_ASSIGN(const std::vector<Outgoing> results, choose(rclone, tree, run_dir, std::move(checked)));
    RL_TRY(send_records(rclone, tree, run_dir));
    RL_TRY(retract(rclone, tree, results));
    RL_TRY(send_results(rclone, run_dir, to, results));
    RL_TRY(send_view(rclone, run_dir));
    Pushed pushed;
    for (const Outgoing& one : results) {
        ++pushed.results;
        pushed.bytes += one.manifest.bytes();
    }
    return pushed;
}

}  // namespace runlake::rundir
