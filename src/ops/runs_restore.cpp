// SPDX-License-Identifier: Apache-2.0
// `runs restore`.
#include "ops/runs_restore.hpp"

#include <array>
#include <set>

#include "core/text.hpp"
#include "ops/backup_archive.hpp"
#include "os/files.hpp"
#include "record/journal.hpp"

namespace runlake::ops {

using core::cat;
using core::Errc;
using core::Error;

namespace {

// What a backup holds, and what stands for the store's records. The configuration counts as one of them only when it is restored.
constexpr std::array<std::string_view, 5> k_parts = {"journal", "output", "patches", "environments", "config.yaml"};

core::Status verify(const BackupReader& backup) {
    std::set<std::string_view> seen;
    for (const BackupMember& member : backup.members()) {
        const std::string_view top = std::string_view(member.path).substr(0, member.path.find('/'));
        bool is_known = false;
        for (const std::string_view part : k_parts) { is_known = is_known || part == top; }
        if (!is_known || !seen.insert(member.path).second) { return Error(Errc::corrupt, cat("reading the backup: it holds ", member.path, ", which no backup has, or has once")); }
        RL_TRY(backup.read(member, [](std::string_view) { return core::ok(); }));
    }
    return core::ok();
}

core::Status refuse_living(const record::Store& store) {
    static_cast<void>(record::compact(store).ok());  // frees what dead writers held
    RL_ASSIGN(const auto listing, record::list_segments(store));
    for (const record::Segment& segment : listing.segments) {
        if (os::base_name(segment.path).find(".open-") != std::string::npos) {
            return Error(Errc::busy, cat("restoring into ", store.dir, ": a process records into segment ", segment.id, "; end it, or run `runlake doctor` to see who it is"));
        }
    }
    return core::ok();
}

core::Status unpack(const BackupReader& backup, const std::string& folder) {
    std::set<std::string> folders;
    for (const BackupMember& member : backup.members()) {
        const std::string path = cat(folder, '/', member.path);
        RL_TRY(os::make_dirs(os::parent_path(path), 0755, os::point::restore_write));
        folders.insert(os::parent_path(path));
        RL_ASSIGN(const os::Fd file, os::create_exclusive(path, 0644, os::point::restore_write));
        RL_TRY(backup.read(member, [&](std::string_view piece) { return os::write_all(file.get(), piece, os::point::restore_write, path); }));
        RL_TRY(os::sync_file(file.get(), os::point::restore_write, path));
    }
    for (const std::string& made : folders) { RL_TRY(os::sync_dir(made, os::point::restore_write)); }
    return core::ok();
}

bool has_records(const record::Store& store) {
    const auto listing = record::list_segments(store);
    if (!listing.ok() || !listing.value().unreadable.empty()) { return true; }
    for (const record::Segment& segment : listing.value().segments) {
        if (segment.size != 0) { return true; }
    }
    return os::exists(store.dir + "/output");
}

}  // namespace

core::Result<RunsRestoreResponse> runs_restore(const RunsRestoreRequest& request) {
    const record::Store& store = request.store;
    RL_ASSIGN(const auto backup, BackupReader::open(request.source));
    RL_TRY(verify(*backup));
    const bool is_used = has_records(store);
    if (is_used && !request.is_forced) {
        return Error(Errc::conflict, cat("restoring into ", store.dir, ": it has records; with --force they are set aside and the backup takes their place"));
    }
    RL_TRY(refuse_living(store));

    const std::string staging = store.dir + "/restore.new";
    RL_TRY(os::remove_tree(staging, os::point::restore_write));
    RL_TRY(os::make_dirs(staging, 0755, os::point::restore_write));
    RL_TRY(unpack(*backup, staging));

    RunsRestoreResponse response;
    response.store = store.dir;
    std::string aside = cat(store.dir, "/before-restore-", core::format_stamp(request.now));
    for (int i = 2; os::exists(aside); ++i) { aside = cat(store.dir, "/before-restore-", core::format_stamp(request.now), '-', i); }
    const auto set_aside = [&](const std::string& path) -> core::Status {
        if (!os::stat_link(path)) { return core::ok(); }
        RL_TRY(os::make_dirs(aside, 0755, os::point::restore_publish));
        response.kept_as = aside;
        return os::rename_exclusive(path, cat(aside, '/', os::base_name(path)), os::point::restore_publish);
    };
    // The database goes first: it must never show runs that the journal does not tell of. It is made again when it is asked for.
    for (const char* suffix : {".wal", "", ".cursor"}) { RL_TRY(set_aside(store.runs_database() + suffix)); }
    for (const std::string_view part : k_parts) {
        const std::string from = cat(staging, '/', part);
        const std::string to = cat(store.dir, '/', part);
        const bool is_there = os::exists(from);
        if (is_there || part != "config.yaml") { RL_TRY(set_aside(to)); }
        if (is_there) { RL_TRY(os::rename_exclusive(from, to, os::point::restore_publish)); }
    }
    RL_TRY(os::sync_dir(store.dir, os::point::restore_publish));
    RL_TRY(os::remove_tree(staging, os::point::restore_write));
    for (const BackupMember& member : backup->members()) { response.bytes += member.bytes; }
    response.files = backup->members().size();
    return response;
}

core::Json to_json(const RunsRestoreResponse& response) {
    auto record = core::Json::object();
    return record.set("store", response.store).set("files", response.files).set("bytes", response.bytes).set("kept_as", core::Json(response.kept_as));
}

}  // namespace runlake::ops
