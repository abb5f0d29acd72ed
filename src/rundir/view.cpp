// SPDX-License-Identifier: Apache-2.0
// The view: the tree that the declarations speak of, as links into the published results. Derived, and never trusted.
#include <dirent.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/text.hpp"
#include "fingerprint/file_hash.hpp"
#include "os/files.hpp"
#include "os/stamp.hpp"
#include "rundir/parts.hpp"
#include "rundir/publish.hpp"

namespace runlake::rundir {
namespace {

namespace point = os::point;

constexpr int k_rounds = 8;   // others that work on the view at the same time are not waited for

// One file that the view is to show.
struct Shown {
    StageInstance which;
    core::Digest key;
    ManifestEntry entry;
};
using View = std::map<std::string, Shown>;
using Currents = std::vector<std::pair<StageInstance, core::Digest>>;

core::Error in_the_way(const std::string& path, std::string_view what) {
    return {core::Errc::conflict, core::cat("showing the results of a run directory: ", path, " is ", what, ", which is no result: move it away, then run again")};
}

// Where a link in the view points, as a path in the run directory, when it is one of ours: ".stages/<stage>/<instance>/<key>/out/<path>".
std::optional<std::string> inside_stages(const std::string& path, const std::string& target) {
    if (target.starts_with('/')) { return std::nullopt; }
    std::string normal = os::lexically_normal(os::join_path(os::parent_path(path), target));
    if (!normal.starts_with(".stages/")) { return std::nullopt; }
    return normal;
}

std::optional<std::pair<StageInstance, core::Digest>> result_of(const std::string& normal) {
    const std::vector<std::string_view> parts = core::split(normal, '/');
    if (parts.size() < 6 || parts[4] != "out") { return std::nullopt; }
    const core::Result<core::Digest> key = core::Digest::parse(parts[3]);
    if (!key.ok()) { return std::nullopt; }
    return std::pair{StageInstance{std::string(parts[1]), std::string(parts[2])}, key.value()};
}

class ViewWriter {
  public:
    explicit ViewWriter(const RunDir& run_dir) : run_dir_(run_dir) {}

    core::Status put(const std::string& path, const Shown& shown) {
        const std::string full = os::join_path(run_dir_.path(), path);
        for (int round = 0; round < k_rounds; ++round) {
            RL_TRY(make_parents(path));
            core::Status done = try_put(path, full, shown);
            // not_found: another process removed the folder because it was empty.
            if (done.ok() || (done.error().code() != core::Errc::not_found && done.error().code() != core::Errc::busy)) { return done; }
        }
        return core::Error(core::Errc::busy, core::cat("showing the results of a run directory: others change ", full, " all the time"));
    }

    // Takes away what shows `entry` of an instance, and folders that are empty then.
    core::Status take_away(const ManifestEntry& entry, const StageInstance& which) {
        const std::string full = os::join_path(run_dir_.path(), entry.path);
        const std::optional<struct stat> info = os::stat_link(full);
        if (!info) { return core::ok(); }
        bool ours = false;
        if (S_ISLNK(info->st_mode)) {
            const std::optional<std::string> target = os::read_link(full);
            const std::optional<std::string> normal = target ? inside_stages(entry.path, *target) : std::nullopt;
            const auto result = normal ? result_of(*normal) : std::nullopt;
            ours = result && result->first == which;
        } else if (S_ISREG(info->st_mode)) {
            RL_ASSIGN(ours, is_same(full, *info, entry));
        }
        return ours ? remove(entry.path) : core::ok();
    }

    // Removes links into .stages that neither the view that is to be nor a result published meanwhile explains.
    core::Status remove_stale(const View& view) {
        std::vector<std::string> stale;
        RL_TRY(find_stale("", view, stale));
        for (const std::string& path : stale) { RL_TRY(remove(path)); }
        return core::ok();
    }

  private:
    static std::string link_target(const std::string& path, const Shown& shown) {
        std::string target;
        for (const char c : path) {
            if (c == '/') { target += "../"; }
        }
        return core::cat(target, ".stages/", shown.which.stage, '/', shown.which.instance, '/', shown.key.hex(), "/out/", path);
    }

    std::string source(const Shown& shown) const { return core::cat(run_dir_.published(shown.which, shown.key), "/out/", shown.entry.path); }

    // busy: another process was faster.
    core::Status try_put(const std::string& path, const std::string& full, const Shown& shown) const {
        const std::string target = link_target(path, shown);
        const std::optional<struct stat> info = os::stat_link(full);
        if (!info) {
            core::Status linked = os::symbolic_link(target, full, point::view_link);
            if (linked.ok() || linked.error().code() == core::Errc::not_found) { return linked; }
            if (linked.error().code() == core::Errc::conflict) { return core::Error(core::Errc::busy, full); }
            return put_copy(full, shown);
        }
        if (S_ISLNK(info->st_mode)) {
            const std::optional<std::string> now = os::read_link(full);
            if (now == target) { return core::ok(); }
            if (!now) { return core::Error(core::Errc::busy, full); }
            if (!inside_stages(path, *now)) { return in_the_way(full, "a link to somewhere else"); }
            return replace(full, target, shown);
        }
        if (!S_ISREG(info->st_mode)) { return in_the_way(full, S_ISDIR(info->st_mode) ? "a folder" : "no file"); }
        RL_ASSIGN(const bool same, is_same(full, *info, shown.entry));
        if (same) { return core::ok(); }
        RL_ASSIGN(const bool ours, is_copy_of_ours(path, full, *info, shown.which));
        if (!ours) { return in_the_way(full, "a file"); }
        return replace(full, target, shown);
    }

    // Folder by folder: one that is a link would lead out of the run directory.
    core::Status make_parents(const std::string& path) const {
        for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
            const std::string folder = os::join_path(run_dir_.path(), std::string_view(path).substr(0, slash));
            std::optional<struct stat> info = os::stat_link(folder);
            if (!info) {
                core::Status made = os::make_dir(folder, 0777, point::view_create);
                if (made.ok()) { continue; }
                if (made.error().code() != core::Errc::conflict) { return made; }
                info = os::stat_link(folder);
            }
            if (!info || !S_ISDIR(info->st_mode)) { return in_the_way(folder, "no folder"); }
        }
        return core::ok();
    }

    core::Result<std::string> temporary() const {
        RL_TRY(os::make_dirs(run_dir_.staging(), 0777, point::view_create));
        return core::cat(run_dir_.staging(), "/view.", os::random_hex(16));
    }

    core::Status replace(const std::string& full, const std::string& target, const Shown& shown) const {
        RL_ASSIGN(const std::string made, temporary());
        if (!os::symbolic_link(target, made, point::view_link).ok()) { return put_copy(full, shown); }
        return move(made, full, point::view_link);
    }

    // A file system without links.
    core::Status put_copy(const std::string& full, const Shown& shown) const {
        RL_ASSIGN(const std::string made, temporary());
        RL_TRY(os::copy_file(source(shown), made, shown.entry.executable ? 0555 : 0444, point::view_copy));
        return move(made, full, point::view_copy);
    }

    static core::Status move(const std::string& made, const std::string& full, os::Point at) {
        core::Status moved = os::rename_replace(made, full, at);
        if (!moved.ok()) { static_cast<void>(os::remove_file(made, point::view_remove).ok()); }
        return moved;
    }

    static core::Result<bool> is_same(const std::string& full, const struct stat& info, const ManifestEntry& entry) {
        if (static_cast<std::uint64_t>(info.st_size) != entry.bytes) { return false; }
        RL_ASSIGN(const auto hashed, fingerprint::hash_files({{.path = full, .stamp = os::Stamp::of(info)}}, 1, {}));
        return hashed[0].digest == entry.digest;
    }

    // Whether a file is what any result of the instance showed there.
    core::Result<bool> is_copy_of_ours(const std::string& path, const std::string& full, const struct stat& info, const StageInstance& which) const {
        RL_ASSIGN(const std::vector<core::Digest> keys, list_keys(run_dir_, which));
        for (const core::Digest& key : keys) {
            const core::Result<std::optional<DoneRecord>> done = read_done(run_dir_, which, key);
            if (!done.ok() || !done.value()) { continue; }
            const core::Result<Manifest> manifest = read_manifest(run_dir_, *done.value());
            const ManifestEntry* const entry = manifest.ok() ? manifest.value().find(path) : nullptr;
            if (entry == nullptr) { continue; }
            RL_ASSIGN(const bool same, is_same(full, info, *entry));
            if (same) { return true; }
        }
        return false;
    }

    core::Status remove(const std::string& path) const {
        RL_TRY(os::remove_file(os::join_path(run_dir_.path(), path), point::view_remove));
        for (std::string folder = os::parent_path(path); folder != "."; folder = os::parent_path(folder)) {
            if (!os::remove_dir(os::join_path(run_dir_.path(), folder), point::view_remove).ok()) { break; }
        }
        return core::ok();
    }

    core::Status find_stale(const std::string& below, const View& view, std::vector<std::string>& stale) const {
        RL_ASSIGN(const std::vector<os::DirEntry> entries, os::list_dir(os::join_path(run_dir_.path(), below)));
        for (const os::DirEntry& entry : entries) {
            if (below.empty() && (entry.name == ".stages" || entry.name == "attempts")) { continue; }
            const std::string path = os::join_path(below, entry.name);
            const std::string full = os::join_path(run_dir_.path(), path);
            const std::optional<struct stat> info = os::stat_link(full);
            if (!info) { continue; }
            if (S_ISDIR(info->st_mode)) {
                RL_TRY(find_stale(path, view, stale));
            } else if (S_ISLNK(info->st_mode) && !view.contains(path)) {
                const std::optional<std::string> target = os::read_link(full);
                const std::optional<std::string> normal = target ? inside_stages(path, *target) : std::nullopt;
                if (normal && !is_current(*normal)) { stale.push_back(path); }
            }
        }
        return core::ok();
    }

    bool is_current(const std::string& normal) const {
        const auto result = result_of(normal);
        if (!result || !os::stat_link(os::join_path(run_dir_.path(), normal))) { return false; }
        const core::Result<std::optional<DoneRecord>> current = current_result(run_dir_, result->first);
        return current.ok() && current.value() && current.value()->key.key == result->second;
    }

    const RunDir& run_dir_;
};

Currents keys_of(const std::vector<DoneRecord>& results) {
    Currents keys;
    for (const DoneRecord& done : results) { keys.emplace_back(done.which, done.key.key); }
    return keys;
}

// Of two results that claim one path (a stage was renamed) the later one has it. A result whose manifest is damaged shows nothing: verification names it.
View view_of(const RunDir& run_dir, std::vector<DoneRecord> results) {
    std::stable_sort(results.begin(), results.end(), [](const DoneRecord& a, const DoneRecord& b) { return a.finished_at < b.finished_at; });
    View view;
    for (const DoneRecord& done : results) {
        const core::Result<Manifest> manifest = read_manifest(run_dir, done);
        if (!manifest.ok()) { continue; }
        for (const ManifestEntry& entry : manifest.value().entries) { view.insert_or_assign(entry.path, Shown{done.which, done.key.key, entry}); }
    }
    return view;
}

}  // namespace

core::Status show_in_view(const RunDir& run_dir, const Manifest& before, const DoneRecord& done, const Manifest& manifest) {
    ViewWriter writer(run_dir);
    for (const ManifestEntry& entry : before.entries) {
        if (manifest.find(entry.path) == nullptr) { RL_TRY(writer.take_away(entry, done.which)); }
    }
    for (const ManifestEntry& entry : manifest.entries) { RL_TRY(writer.put(entry.path, Shown{done.which, done.key.key, entry})); }
    return core::ok();
}

core::Status hide_from_view(const RunDir& run_dir, const DoneRecord& done, const Manifest& manifest) {
    ViewWriter writer(run_dir);
    for (const ManifestEntry& entry : manifest.entries) { RL_TRY(writer.take_away(entry, done.which)); }
    return core::ok();
}

core::Status rebuild_view(const RunDir& run_dir) {
    RL_ASSIGN(std::vector<DoneRecord> results, current_results(run_dir));
    for (int round = 0; round < k_rounds; ++round) {
        ViewWriter writer(run_dir);
        const View view = view_of(run_dir, results);
        // First what goes, so that a path that was a file can be a folder now.
        RL_TRY(writer.remove_stale(view));
        for (const auto& [path, shown] : view) { RL_TRY(writer.put(path, shown)); }
        RL_ASSIGN(std::vector<DoneRecord> now, current_results(run_dir));
        if (keys_of(now) == keys_of(results)) { return core::ok(); }
        results = std::move(now);   // somebody published meanwhile
    }
    return core::Error(core::Errc::busy, core::cat("showing the results of ", run_dir.path(), ": others publish all the time"));
}

}  // namespace runlake::rundir
