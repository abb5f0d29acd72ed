// SPDX-License-Identifier: Apache-2.0
#include "rundir/remote_retention.hpp"

#include <algorithm>
#include <utility>

#include "core/redact.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "rundir/push_lock.hpp"
#include "rundir/rclone.hpp"
#include "rundir/remote_tree.hpp"
#include "rundir/retention_parts.hpp"
#include "rundir/scratch.hpp"

namespace runlake::rundir {
namespace {

namespace point = os::point;

core::Result<Scratch> temporary() { return Scratch::make(core::cat(os::env("TMPDIR").value_or("/tmp"), "/runlake-remote")); }

core::Status send_text(const Rclone& rclone, const std::string& folder, const std::string& name, const std::string& text) {
    const std::string path = os::join_path(folder, name);
    RL_TRY(os::make_dirs(os::parent_path(path), 0777, point::remote_write));
    RL_TRY(os::publish_file(path, text, 0666, os::Existing::replace, os::Durability::process, point::remote_write));
    return rclone.send(folder, {name}, Rclone::Compare::never);
}

// Nobody pushes to it while this is held. `seen`: every object, once it is.
core::Result<PushLock> take_lock(const Rclone& rclone, const std::string& folder, const RemoteUri& uri, ObjectList& seen) {
    LockPlace place;
    place.prefix = k_remote_lock_prefix;
    place.put = [rclone, folder](const std::string& name, const std::string& text) { return send_text(rclone, folder, name, text); };
    place.list = [rclone, &seen]() -> core::Result<std::vector<std::string>> {
        RL_ASSIGN(seen, rclone.list());
        return sort_objects(seen).locks;
    };
    place.read = [rclone](const std::string& name) { return rclone.read(name); };
    place.remove = [rclone](const std::vector<std::string>& names) { return rclone.remove(names); };
    place.what = core::cat("removing ", uri.text());
    place.shown = [uri](const std::string& name) { return uri.child(name); };
    return PushLock::take(place);
}

// Why it is pinned there, if it is.
core::Result<std::optional<std::string>> remote_pin(const Rclone& rclone, const RemoteTree& tree) {
    if (!tree.has("pinned")) { return std::optional<std::string>(); }
    RL_ASSIGN(const std::string text, rclone.read("pinned"));
    return reason_of_pin(text);
}

// False: it stays, because somebody pushes to it or pinned it meanwhile.
core::Result<bool> remove_one(const RemoteUri& uri, const std::string& folder) {
    RL_ASSIGN(const Rclone rclone, Rclone::open(uri));
    RL_ASSIGN(ObjectList objects, rclone.list());
    const RemoteTree before = sort_objects(objects);
    if (!before.is_run_dir()) { return true; }   // another gc was faster
    RL_ASSIGN(const std::optional<std::string> pinned_before, remote_pin(rclone, before));
    if (pinned_before) { return false; }
    core::Result<PushLock> lock = take_lock(rclone, folder, uri, objects);
    if (!lock.ok()) {
        if (lock.error().code() == core::Errc::busy) { return false; }
        return std::move(lock).take_error();
    }
    RL_ASSIGN(const std::optional<std::string> pinned_now, remote_pin(rclone, sort_objects(objects)));
    if (pinned_now) { return false; }
    std::vector<std::string> dones;
    std::vector<std::string> rest;
    for (const auto& [name, bytes] : objects) {
        if (name == "run.json" || name.starts_with(k_remote_lock_prefix)) { continue; }
        (name.ends_with("/DONE.json") ? dones : rest).push_back(name);
    }
    RL_TRY(rclone.remove(dones));
    RL_TRY(rclone.remove(rest));
    RL_TRY(rclone.remove({"run.json"}));
    return true;
}

}  // namespace

core::Result<std::optional<std::string>> pin_remote(const RemoteUri& uri, const std::optional<std::string>& reason) {
    RL_ASSIGN(const Rclone rclone, Rclone::open(uri));
    RL_ASSIGN(ObjectList objects, rclone.list());
    const RemoteTree tree = sort_objects(std::move(objects));
    if (!tree.is_run_dir()) { return core::Error(core::Errc::not_found, core::cat("opening the run directory ", uri.text(), ": there is no run.json")); }
    RL_ASSIGN(std::optional<std::string> before, remote_pin(rclone, tree));
    if (!reason && !before) { return before; }
    RL_ASSIGN(const Scratch scratch, temporary());
    const std::string text = reason ? core::redact_text(core::valid_utf8(core::trim(*reason))) + "\n" : std::string(k_no_longer_pinned);
    RL_TRY(send_text(rclone, scratch.path(), "pinned", text));
    return before;
}

core::Result<GcPlan> plan_remote_gc(const RemoteUri& base, const GcRules& rules, const core::Clock& clock) {
    RL_ASSIGN(const std::vector<std::string> addresses, list_remote(base));
    RL_ASSIGN(const Scratch scratch, temporary());
    std::vector<GcLook> looks;
    for (const std::string& address : addresses) {
        RL_ASSIGN(const RemoteUri uri, RemoteUri::parse(address));
        RL_ASSIGN(const Rclone rclone, Rclone::open(uri));
        RL_ASSIGN(const ObjectList objects, rclone.list());
        GcLook look{.path = core::cat(scratch.path(), '/', uri.name()), .shown = uri.text(), .bytes = 0, .busy = ""};
        for (const auto& [object, bytes] : objects) { *look.bytes += bytes; }
        if (!sort_objects(objects).locks.empty()) { look.busy = "somebody pushes to it"; }
        // One that can't be read stays, and its line says why.
        static_cast<void>(fetch(uri, look.path, FetchDepth::records).ok());
        looks.push_back(std::move(look));
    }
    return plan_dirs(looks, rules, clock.now());
}

core::Result<GcResult> apply_remote_gc(const GcPlan& plan) {
    RL_ASSIGN(const Scratch scratch, temporary());
    GcResult result;
    for (const GcItem& item : plan.items) {
        if (!item.remove) { continue; }
        RL_ASSIGN(const RemoteUri uri, RemoteUri::parse(item.path));
        RL_ASSIGN(const bool gone, remove_one(uri, scratch.path()));
        (gone ? result.removed : result.kept).push_back(item.path);
        if (gone) { result.bytes += item.bytes; }
    }
    return result;
}

}  // namespace runlake::rundir
