// SPDX-License-Identifier: Apache-2.0
// Staging and the steps of publication, in the order that leaves no false DONE wherever it stops.
#include "rundir/publish.hpp"

#include <dirent.h>

#include <algorithm>
#include <utility>

#include "core/hex.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "rundir/parts.hpp"

namespace runlake::rundir {
namespace {

namespace point = os::point;

constexpr std::size_t k_random_digits = 16;

class StagingFolder final : public Staging {
  public:
    StagingFolder(StageInstance which, std::string folder) : which_(std::move(which)), folder_(std::move(folder)), out_(folder_ + "/out"), tmp_(folder_ + "/tmp") {}
    StagingFolder(const StagingFolder&) = delete;
    StagingFolder& operator=(const StagingFolder&) = delete;
    ~StagingFolder() override {
        // After publication there is nothing under this name any more.
        if (os::stat_link(folder_)) { static_cast<void>(remove_readonly_tree(folder_, point::stage_staging_remove).ok()); }
    }

    const StageInstance& which() const override { return which_; }
    const std::string& folder() const override { return folder_; }
    const std::string& out() const override { return out_; }
    const std::string& tmp() const override { return tmp_; }

  private:
    StageInstance which_;
    std::string folder_;
    std::string out_;
    std::string tmp_;
};

// Who holds the lease alone works on this instance: other staging folders of it belong to nobody.
core::Status remove_leftovers(const RunDir& run_dir, const StageInstance& which) {
    const std::string prefix = flat_name(which) + ".";
    RL_ASSIGN(const std::vector<os::DirEntry> entries, os::list_dir(run_dir.staging()));
    for (const os::DirEntry& entry : entries) {
        if (!entry.name.starts_with(prefix) || entry.name.size() != prefix.size() + k_random_digits || !core::is_hex(std::string_view(entry.name).substr(prefix.size()))) { continue; }
        RL_TRY(remove_readonly_tree(os::join_path(run_dir.staging(), entry.name), point::stage_staging_remove));
    }
    RL_ASSIGN(const std::vector<os::DirEntry> beside, os::list_dir(run_dir.instance_dir(which)));
    for (const os::DirEntry& entry : beside) {
        // Of a `current` or a mark that was being written.
        if (!entry.name.starts_with('.') || !entry.name.ends_with(".tmp")) { continue; }
        RL_TRY(os::remove_file(os::join_path(run_dir.instance_dir(which), entry.name), point::stage_staging_remove));
    }
    return core::ok();
}

bool is_outside(std::string_view write) { return write.starts_with("workspace:") || write.starts_with('{'); }

bool covers(std::string_view write, std::string_view path) { return write.ends_with('/') ? path.starts_with(write) : path == write; }

core::Status make_files_readonly(const std::string& out, const Manifest& manifest) {
    for (const ManifestEntry& entry : manifest.entries) {
        const std::string path = os::join_path(out, entry.path);
        const std::optional<struct stat> info = os::stat_link(path);
        if (info && (info->st_mode & 0222U) == 0) { continue; }
        RL_TRY(os::set_mode(path, (info ? info->st_mode : 0444U) & 0555U, point::stage_readonly));
    }
    return core::ok();
}

// Makes room under the key's name: what a killed publication left goes, a whole result only if it is to be replaced.
core::Status make_room(const RunDir& run_dir, const DoneRecord& done, bool replace) {
    const std::string target = run_dir.published(done.which, done.key.key);
    if (!os::stat_link(target)) { return core::ok(); }
    if (!replace && os::stat_link(target + "/DONE.json")) {
        return core::Error(core::Errc::conflict, core::cat("publishing ", done.which.str(), ": a result of key ", done.key.key.hex().substr(0, 12), " is there already: ", target));
    }
    return discard(run_dir, done.which, done.key.key);
}

core::Status move_into_place(const RunDir& run_dir, const Staging& staging, const DoneRecord& done) {
    const std::string instance = run_dir.instance_dir(done.which);
    RL_TRY(os::make_dirs(instance, 0777, point::stage_publish_rename));
    RL_TRY(os::rename_exclusive(staging.folder(), run_dir.published(done.which, done.key.key), point::stage_publish_rename));
    RL_TRY(os::sync_dir(instance, point::stage_sync));
    RL_TRY(os::sync_dir(os::parent_path(instance), point::stage_sync));
    return os::sync_dir(run_dir.stages(), point::stage_sync);
}

// A file that has another name elsewhere would change with it, and become read-only there: it is replaced by a copy.
core::Status unshare_files(const std::string& dir, const std::string& temporary_dir) {
    RL_ASSIGN(const std::vector<os::DirEntry> entries, os::list_dir(dir));
    for (const os::DirEntry& entry : entries) {
        const std::string path = os::join_path(dir, entry.name);
        const std::optional<struct stat> info = os::stat_link(path);
        if (info && S_ISDIR(info->st_mode)) { RL_TRY(unshare_files(path, temporary_dir)); }
        if (!info || !S_ISREG(info->st_mode) || info->st_nlink < 2) { continue; }
        const std::string copy = core::cat(temporary_dir, "/copy.", os::random_hex(k_random_digits));
        RL_TRY(os::copy_file(path, copy, info->st_mode & 0777U, point::stage_bring));
        RL_TRY(os::rename_replace(copy, path, point::stage_bring));
    }
    return core::ok();
}

core::Result<Manifest> prepare(const Staging& staging, const DoneRecord& done, const PublishOptions& options) {
    RL_TRY(remove_readonly_tree(staging.tmp(), point::stage_staging_remove));
    // What was brought is hard-linked on purpose, to files that nobody writes to.
    if (!options.expected_manifest) { RL_TRY(unshare_files(staging.out(), staging.folder())); }
    RL_ASSIGN(Manifest manifest, build_manifest(staging.out(), {.sync = true, .digest_cache = options.digest_cache, .threads = 0}));
    RL_TRY(check_writes(manifest, done.writes));
    if (options.expected_manifest && manifest.digest() != *options.expected_manifest) {
        return core::Error(core::Errc::corrupt, core::cat("publishing ", done.which.str(), ": the files are not those of the result that they were taken from"));
    }
    RL_TRY(os::publish_file(staging.folder() + "/manifest.json", to_json(manifest), 0444, os::Existing::replace, os::Durability::power, point::stage_manifest_write));
    return manifest;
}

// The files that the view shows of an instance. What can't be read is found by rebuild_view().
core::Result<Manifest> shown_now(const RunDir& run_dir, const StageInstance& which) {
    RL_ASSIGN(const std::optional<DoneRecord> current, current_result(run_dir, which));
    if (!current) { return Manifest(); }
    return read_manifest(run_dir, *current).value_or({});
}

core::Status publish_prepared(const RunDir& run_dir, const Staging& staging, const DoneRecord& done, const Manifest& manifest, bool replace) {
    RL_ASSIGN(const Manifest before, shown_now(run_dir, done.which));
    RL_TRY(make_room(run_dir, done, replace));
    RL_TRY(move_into_place(run_dir, staging, done));
    const std::string target = run_dir.published(done.which, done.key.key);
    RL_TRY(make_files_readonly(target + "/out", manifest));
    RL_TRY(os::publish_file(target + "/DONE.json", to_json(done), 0444, os::Existing::replace, os::Durability::power, point::stage_done_write));
    // From here on it is published. Write bits only keep people from changing it by mistake: a file system without them does no harm.
    make_folders_readonly(target, point::stage_readonly);
    RL_TRY(set_current(run_dir, done.which, done.key.key));
    return show_in_view(run_dir, before, done, manifest);
}

}  // namespace

core::Result<std::unique_ptr<Staging>> Staging::begin(const RunDir& run_dir, const StageInstance& which) {
    RL_TRY(check_instance(which));
    RL_TRY(os::make_dirs(run_dir.staging(), 0777, point::stage_staging_create));
    // So that whoever looks sees that something began.
    RL_TRY(os::make_dirs(run_dir.instance_dir(which), 0777, point::stage_staging_create));
    RL_TRY(remove_leftovers(run_dir, which));
    std::unique_ptr<Staging> staging = std::make_unique<StagingFolder>(which, run_dir.staging_name(which));
    RL_TRY(os::make_dir(staging->folder(), 0777, point::stage_staging_create));
    RL_TRY(os::make_dir(staging->out(), 0777, point::stage_staging_create));
    RL_TRY(os::make_dir(staging->tmp(), 0700, point::stage_staging_create));
    return staging;
}

core::Status check_writes(const Manifest& manifest, const std::vector<std::string>& writes) {
    std::vector<std::string> undeclared;
    for (const ManifestEntry& entry : manifest.entries) {
        if (std::none_of(writes.begin(), writes.end(), [&](const std::string& write) { return covers(write, entry.path); })) { undeclared.push_back(entry.path); }
    }
    std::vector<std::string> missing;
    for (const std::string& write : writes) {
        if (is_outside(write)) { continue; }
        RL_TRY(check_layout_path(write.ends_with('/') ? std::string_view(write).substr(0, write.size() - 1) : std::string_view(write)));
        const auto at = std::lower_bound(manifest.entries.begin(), manifest.entries.end(), write, [](const ManifestEntry& entry, const std::string& path) { return entry.path < path; });
        if (at == manifest.entries.end() || !covers(write, at->path)) { missing.push_back(write); }
    }
    if (undeclared.empty() && missing.empty()) { return core::ok(); }
    std::string message = "checking what the stage wrote: ";
    if (!missing.empty()) { message += core::cat("not written, but declared: ", core::join(missing, ", ")); }
    if (!undeclared.empty()) { message += core::cat(missing.empty() ? "" : "; ", "written, but not declared in its `writes`: ", core::join(undeclared, ", ")); }
    return core::Error(core::Errc::usage, std::move(message));
}

core::Result<DoneRecord> publish(const RunDir& run_dir, Staging& staging, DoneRecord done, const PublishOptions& options) {
    if (done.which != staging.which()) { return core::Error(core::Errc::internal, core::cat("publishing ", done.which.str(), " out of the staging folder of ", staging.which().str())); }
    if (!options.replace && os::stat_link(run_dir.published(done.which, done.key.key) + "/DONE.json")) { return make_room(run_dir, done, false).error(); }
    core::Result<Manifest> manifest = prepare(staging, done, options);
    if (!manifest.ok()) { return std::move(manifest).take_error(); }
    done.manifest = manifest.value().digest();
    done.files = manifest.value().entries.size();
    done.bytes = manifest.value().bytes();
    RL_TRY(publish_prepared(run_dir, staging, done, manifest.value(), options.replace));
    return done;
}

}  // namespace runlake::rundir
