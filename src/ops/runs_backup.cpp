// SPDX-License-Identifier: Apache-2.0
// `runs backup`.
#include "ops/runs_backup.hpp"

#include <dirent.h>
#include <unistd.h>

#include <cerrno>
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

constexpr int k_rounds = 5;                                  // of looking for segments that a compaction made meanwhile
constexpr std::size_t k_tail_piece = std::size_t{1} << 16U;  // read backwards to find the last newline

core::Result<std::uint64_t> size_of(int fd, const std::string& path) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) { return os::system_error(errno, "looking at", path); }
    return static_cast<std::uint64_t>(info.st_size);
}

// The length of a segment up to and with its last newline.
core::Result<std::uint64_t> whole_lines(int fd, const std::string& path) {
    RL_ASSIGN(std::uint64_t end, size_of(fd, path));
    std::string piece(k_tail_piece, '\0');
    while (end > 0) {
        const std::uint64_t from = end > k_tail_piece ? end - k_tail_piece : 0;
        const ssize_t got = ::pread(fd, piece.data(), static_cast<std::size_t>(end - from), static_cast<off_t>(from));
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return os::system_error(errno, "reading", path); }
        const std::size_t newline = std::string_view(piece).substr(0, static_cast<std::size_t>(got)).rfind('\n');
        if (newline != std::string_view::npos) { return from + newline + 1; }
        end = from;
    }
    return std::uint64_t{0};
}

// The name under which a segment is kept: nobody holds it in a backup.
std::string member_name(const record::Segment& segment) {
    return cat("journal/", segment.machine_dir, segment.sealed ? "/sealed/" : "/", segment.id, segment.sealed ? ".seg" : ".free");
}

class Backup {
  public:
    Backup(const record::Store& store, BackupWriter& writer, RunsBackupResponse& response) : store_(store), writer_(writer), response_(response) {}

    // A segment may be renamed by its writer, or replaced by a compaction, between the listing and the copy: then the listing is taken again. A record that is copied
    // twice this way is the same record: it merges to nothing new.
    core::Status add_journal() {
        std::set<std::string> copied;
        bool is_complete = false;
        for (int round = 0; round < k_rounds && !is_complete; ++round) {
            RL_ASSIGN(const auto listing, record::list_segments(store_));
            if (round == 0) { response_.notes.insert(response_.notes.end(), listing.unreadable.begin(), listing.unreadable.end()); }
            is_complete = true;
            for (const record::Segment& segment : listing.segments) {
                if (copied.contains(segment.id)) { continue; }
                auto file = os::open_read(segment.path);
                if (!file.ok()) {
                    if (file.error().code() != Errc::not_found) { return std::move(file).take_error(); }
                    is_complete = false;
                    continue;
                }
                RL_ASSIGN(const std::uint64_t bytes, whole_lines(file.value().get(), segment.path));
                copied.insert(segment.id);
                if (bytes == 0) { continue; }
                RL_TRY(writer_.add_file(member_name(segment), file.value().get(), bytes));
                ++response_.segments;
            }
            // What a compaction took away while we copied is in a segment that this listing did not have.
            if (is_complete) {
                RL_ASSIGN(const auto after, record::list_segments(store_));
                for (const record::Segment& segment : after.segments) { is_complete = is_complete && (copied.contains(segment.id) || segment.size == 0); }
            }
        }
        if (!is_complete) { response_.notes.push_back("segments kept being made while the backup ran: records of the last moments may be missing"); }
        return core::ok();
    }

    core::Status add_tree(const std::string& folder, const std::string& name) {
        auto entries = os::list_dir(folder);
        if (!entries.ok()) {
            if (entries.error().code() == Errc::not_found) { return core::ok(); }
            return std::move(entries).take_error();
        }
        for (const os::DirEntry& entry : entries.value()) {
            const std::string path = cat(folder, '/', entry.name);
            const std::string member = cat(name, '/', entry.name);
            const auto info = os::stat_link(path);
            if (!info) { continue; }  // gone meanwhile
            if (S_ISDIR(info->st_mode)) {
                RL_TRY(add_tree(path, member));
            } else if (S_ISREG(info->st_mode) && is_safe_member(member)) {
                RL_TRY(add_one(path, member));
            } else {
                response_.notes.push_back(cat(path, " is left out: it is no plain file with a plain name"));
            }
        }
        return core::ok();
    }

    core::Status add_one(const std::string& path, const std::string& member) {
        auto file = os::open_read(path);
        if (!file.ok()) {
            if (file.error().code() == Errc::not_found) { return core::ok(); }
            return std::move(file).take_error();
        }
        RL_ASSIGN(const std::uint64_t bytes, size_of(file.value().get(), path));
        return writer_.add_file(member, file.value().get(), bytes);
    }

  private:
    const record::Store& store_;
    BackupWriter& writer_;
    RunsBackupResponse& response_;
};

}  // namespace

core::Result<RunsBackupResponse> runs_backup(const RunsBackupRequest& request) {
    RunsBackupResponse response;
    RL_ASSIGN(response.target, os::absolute_path(request.target));
    if (os::relative_inside(response.target, request.store.dir)) {
        return Error(Errc::usage, cat("writing backup ", response.target, ": it would lie in the store itself"));
    }
    RL_ASSIGN(const auto writer, BackupWriter::create(response.target));
    Backup backup(request.store, *writer, response);
    RL_TRY(backup.add_journal());
    RL_TRY(backup.add_tree(request.store.dir + "/output", "output"));
    RL_TRY(backup.add_tree(request.store.patches(), "patches"));
    RL_TRY(backup.add_tree(request.store.environments(), "environments"));
    RL_TRY(backup.add_one(request.store.config_file(), "config.yaml"));
    for (const BackupMember& member : writer->members()) { response.bytes += member.bytes; }
    response.files = writer->members().size();
    RL_TRY(writer->finish(core::format_iso(request.now)));
    return response;
}

core::Json to_json(const RunsBackupResponse& response) {
    auto notes = core::Json::array();
    for (const std::string& note : response.notes) { notes.push(note); }
    auto record = core::Json::object();
    record.set("target", response.target).set("files", response.files).set("bytes", response.bytes).set("segments", response.segments);
    return record.set("notes", std::move(notes));
}

}  // namespace runlake::ops
