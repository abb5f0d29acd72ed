// SPDX-License-Identifier: Apache-2.0
// Whether a path of the work tree holds what the commit holds, and what it holds otherwise.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "git/tree_parts.hpp"

namespace runlake::git {
namespace {

constexpr std::size_t k_block_bytes = 1U << 20U;
constexpr std::uint64_t k_max_hashed_at_once = 64U << 20U;   // libgit2 cannot be stopped while it hashes one file
constexpr std::uint64_t k_max_hashed_whole = 512U << 20U;

ContentKind kind_of(std::uint32_t git_mode) {
    switch (git_mode) {
        case 0: return ContentKind::deleted;
        case GIT_FILEMODE_LINK: return ContentKind::link;
        case GIT_FILEMODE_COMMIT: return ContentKind::repository;
        case GIT_FILEMODE_BLOB_EXECUTABLE: return ContentKind::executable;
        default: return ContentKind::file;
    }
}

bool is_regular(ContentKind kind) { return kind == ContentKind::file || kind == ContentKind::executable; }

core::Result<std::string> link_target(const std::string& file) {
    std::string target(4096, '\0');
    const ssize_t length = ::readlink(file.c_str(), target.data(), target.size());
    if (length < 0) { return os::system_error(errno, "reading link", file); }
    target.resize(static_cast<std::size_t>(length));
    return target;
}

core::Result<os::Fd> open_regular(const std::string& file) {
    os::Fd fd(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd.is_open() && errno == ENOENT) { return core::Error(core::Errc::busy, core::cat("the tree changed while it was looked at: ", file, " has gone")); }
    if (!fd.is_open()) { return os::system_error(errno, "reading", file); }
    return fd;
}

// Gives the bytes of a file to `each`, block by block.
template <class Each>
core::Status stream(const std::string& file, const Budget& budget, Each each) {
    RL_ASSIGN(const os::Fd fd, open_regular(file));
    std::string block(k_block_bytes, '\0');
    for (;;) {
        const ssize_t got = ::read(fd.get(), block.data(), block.size());
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return os::system_error(errno, "reading", file); }
        if (got == 0) { return core::ok(); }
        each(std::string_view(block.data(), static_cast<std::size_t>(got)));
        if (auto error = budget.over()) { return std::move(*error); }
    }
}

bool same_id(const git_oid& a, const git_oid& b) { return std::memcmp(a.id, b.id, sizeof a.id) == 0; }

// The digest in the text of a pointer that stands for a large file (git-lfs.com/spec): nothing when it is none.
std::optional<std::string> pointed_digest(std::string_view text) {
    constexpr std::string_view k_first = "version https://git-lfs";
    constexpr std::string_view k_object = "\noid sha256:";
    const std::size_t at = text.find(k_object);
    if (!text.starts_with(k_first) || at == std::string_view::npos || text.size() > 1024) { return std::nullopt; }
    return std::string(text.substr(at + k_object.size(), 64));
}

}  // namespace

core::Status ContentCheck::prepare() {
    git_odb* odb = nullptr;
    if (library().repository_odb(&odb, repository_) != 0) { return last_error("opening the object store"); }
    odb_.reset(odb);
    git_config* raw = nullptr;
    if (library().repository_config_snapshot(&raw, repository_) == 0) {
        const ConfigHandle config(raw);
        int trust = 1;
        if (library().config_get_bool(&trust, raw, "core.filemode") == 0) { trust_mode_ = trust != 0; }
    }
    return core::ok();
}

bool ContentCheck::is_unchanged_by_index(const Tracked& tracked, const os::Stamp& stamp) const {
    if (!tracked.has_stamp || tracked.conflicted || tracked.index_mode != tracked.head_mode || !same_id(tracked.index_id, tracked.head_id)) { return false; }
    const auto same_time = [](const git_index_time& time, std::int64_t ns) {
        return static_cast<std::int64_t>(time.seconds) * 1'000'000'000 + static_cast<std::int64_t>(time.nanoseconds) == ns;
    };
    return static_cast<std::uint32_t>(stamp.size) == tracked.index_size && static_cast<std::uint32_t>(stamp.inode) == tracked.index_inode &&
           same_time(tracked.index_mtime, stamp.mtime_ns) && same_time(tracked.index_ctime, stamp.ctime_ns);
}

core::Result<std::optional<Change>> ContentCheck::compare(const std::string& path, const Tracked* tracked, const Seen* seen) {
    const std::optional<Change> same;
    const std::uint32_t head_mode = tracked == nullptr ? 0 : tracked->head_mode;
    Change change{.path = path, .before = kind_of(head_mode), .after = ContentKind::deleted};
    if (tracked != nullptr) { change.before_id = tracked->head_id; }
    if (seen == nullptr) {
        if (head_mode == 0 || tracked->skipped) { return same; }
        return std::optional(std::move(change));
    }
    if (seen->repository) {
        change.after = ContentKind::repository;
        RL_ASSIGN(change.repository_state, nested_state(path));
        // A submodule that was never checked out is an empty folder: git calls that clean, and so does every clone.
        if (change.repository_state.empty()) {
            if (change.before == ContentKind::repository || change.before == ContentKind::deleted) { return same; }
            change.after = ContentKind::deleted;
            return std::optional(std::move(change));
        }
        const std::string head = core::to_hex(std::span(change.before_id.id, sizeof change.before_id.id));
        if (change.before == ContentKind::repository && change.repository_state == head) { return same; }
        return std::optional(std::move(change));
    }
    const bool link = S_ISLNK(seen->stamp.mode);
    const bool executable = (seen->stamp.mode & S_IXUSR) != 0;
    change.after = link ? ContentKind::link : executable ? ContentKind::executable : ContentKind::file;
    if (!trust_mode_ && !link && is_regular(change.before)) { change.after = change.before; }
    if (change.after == change.before) {
        if (is_unchanged_by_index(*tracked, seen->stamp)) { return same; }
        // So that a change after the reading shows in the second walk; by the time of change, which nobody can put back.
        os::settle(seen->stamp.ctime_ns);
        if (link) {
            RL_ASSIGN(const std::string target, link_target(os::join_path(where_.work_tree, path)));
            git_oid id{};
            if (library().odb_hash(&id, target.data(), target.size(), GIT_OBJECT_BLOB) != 0) { return last_error(core::cat("hashing ", path)); }
            if (same_id(id, tracked->head_id)) { return same; }
        } else {
            RL_ASSIGN(const bool unchanged, is_same_file(path, *tracked, seen->stamp));
            if (unchanged) { return same; }
        }
    } else {
        os::settle(seen->stamp.ctime_ns);
    }
    RL_TRY(read_content(path, *seen, change));
    return std::optional(std::move(change));
}

core::Result<bool> ContentCheck::is_same_file(const std::string& path, const Tracked& tracked, const os::Stamp& stamp) {
    const std::string file = os::join_path(where_.work_tree, path);
    std::size_t head_size = 0;
    git_object_t type{};
    if (library().odb_read_header(&head_size, &type, odb_.get(), &tracked.head_id) != 0) { return last_error(core::cat("reading the committed ", path)); }
    if (head_size == stamp.size) {
        git_oid id{};
        if (stamp.size <= k_max_hashed_at_once) {
            std::string bytes;
            bytes.reserve(stamp.size);
            RL_TRY(stream(file, budget_, [&](std::string_view block) { bytes += block; }));
            if (library().odb_hash(&id, bytes.data(), bytes.size(), GIT_OBJECT_BLOB) != 0) { return last_error(core::cat("hashing ", path)); }
        } else if (stamp.size <= k_max_hashed_whole) {
            if (library().odb_hashfile(&id, file.c_str(), GIT_OBJECT_BLOB) != 0) { return last_error(core::cat("hashing ", path)); }
        } else {
            return core::Error(core::Errc::busy, core::cat("comparing ", path, " would take longer than the limit"));
        }
        if (same_id(id, tracked.head_id)) { return true; }
    }
    return is_same_after_filters(path, tracked, file, stamp);
}

core::Result<bool> ContentCheck::is_same_after_filters(const std::string& path, const Tracked& tracked, const std::string& file, const os::Stamp& stamp) {
    const char* filter = nullptr;
    if (library().attr_get(&filter, repository_, GIT_ATTR_CHECK_FILE_THEN_INDEX, path.c_str(), "filter") == 0 && filter != nullptr && filter[0] != '\0' &&
        filter[0] != '[') {  // libgit2 says "[internal]__TRUE__" and the like for values that name no filter
        git_blob* raw = nullptr;
        if (library().blob_lookup(&raw, repository_, &tracked.head_id) != 0) { return last_error(core::cat("reading the committed ", path)); }
        const BlobHandle blob(raw);
        const std::string_view text(static_cast<const char*>(library().blob_rawcontent(raw)), static_cast<std::size_t>(library().blob_rawsize(raw)));
        if (const auto digest = pointed_digest(text)) {
            core::Sha256 hash;
            RL_TRY(stream(file, budget_, [&](std::string_view block) { hash.update(block); }));
            return hash.finish().hex() == *digest;
        }
        return core::Error(core::Errc::unsupported, core::cat(path, " passes the filter \"", filter, "\", a program that is not run here"));
    }
    git_filter_list* raw_list = nullptr;
    if (library().filter_list_load(&raw_list, repository_, nullptr, path.c_str(), GIT_FILTER_TO_ODB, GIT_FILTER_ALLOW_UNSAFE) != 0) {
        return last_error(core::cat("reading the attributes of ", path));
    }
    const FilterHandle list(raw_list);
    if (raw_list == nullptr || stamp.size > k_max_hashed_at_once) { return false; }
    git_oid id{};
    if (library().repository_hashfile(&id, repository_, file.c_str(), GIT_OBJECT_BLOB, path.c_str()) != 0) { return last_error(core::cat("hashing ", path)); }
    return same_id(id, tracked.head_id);
}

core::Status ContentCheck::read_content(const std::string& path, const Seen& seen, Change& change) {
    const std::string file = os::join_path(where_.work_tree, path);
    if (change.after == ContentKind::link) {
        RL_ASSIGN(std::string target, link_target(file));
        change.content = core::sha256(target);
        change.bytes = target.size();
        change.text = std::move(target);
        return core::ok();
    }
    core::Sha256 hash;
    const bool keep = seen.stamp.size <= options_.patch_file_bytes;
    std::string text;
    RL_TRY(stream(file, budget_, [&](std::string_view block) {
        hash.update(block);
        change.bytes += block.size();
        if (keep && change.bytes <= options_.patch_file_bytes) { text += block; }
    }));
    change.content = hash.finish();
    if (text.size() == change.bytes) { change.text = std::move(text); }
    return core::ok();
}

core::Result<std::string> ContentCheck::nested_state(const std::string& path) {
    const std::string folder = os::join_path(where_.work_tree, path);
    if (!os::stat_link(os::join_path(folder, ".git"))) { return std::string(); }
    RL_ASSIGN(const auto place, find_repository(folder));
    // An unreadable ".git" inside would lead to the repository outside.
    if (!place || place->work_tree != folder) {
        return core::Error(core::Errc::unsupported, core::cat("the repository in ", path, " can't be read"));
    }
    const Head head = read_head(*place);
    if (head.kind == HeadKind::unborn) { return std::string("unborn"); }
    if (head.kind == HeadKind::unknown) { return core::Error(core::Errc::unsupported, core::cat("the repository in ", path, ": ", head.reason)); }
    TreeOptions options = options_;
    options.own_folders.clear();
    TreeState state = tree_state_at(*place, head.commit, options, budget_, depth_ + 1);
    if (state.kind == TreeKind::unknown) { return core::Error(core::Errc::busy, core::cat("the repository in ", path, ": ", state.reason)); }
    return state.kind == TreeKind::clean ? head.commit : core::cat(head.commit, "+dirty.", state.digest->hex());
}

}  // namespace runlake::git
