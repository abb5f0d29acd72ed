// SPDX-License-Identifier: Apache-2.0
// Descriptors, reading, and the single calls that change a disk.
#include "os/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <utility>

#include "core/text.hpp"
#include "os/files_calls.hpp"

namespace runlake::os {
namespace {

core::Status status_of(int error, std::string_view what, std::string_view path) {
    if (error == 0) { return core::ok(); }
    return system_error(error, what, path);
}

core::Result<Fd> open_at(const std::string& path, int flags, mode_t mode, Point point, std::string_view what) {
    Fd file;
    const int error = call_at(point, [&] {
        const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
        if (fd >= 0) { file = Fd(fd); }
        return fd;
    });
    if (error != 0) { return system_error(error, what, path); }
    return file;
}

// Writes made while this lives fail with EFBIG past the limit of file sizes (ulimit -f): SIGXFSZ would end the program that a library of ours is loaded into. The signal
// comes to the thread that writes, so blocking it here and taking it away again is enough. Without a limit it costs one look.
class QuietFileLimit {
  public:
    QuietFileLimit() {
        rlimit limit{};
        if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) { return; }
        ::sigemptyset(&only_);
        ::sigaddset(&only_, SIGXFSZ);
        sigset_t pending;
        // One that waits already is somebody else's.
        if (::sigpending(&pending) != 0 || ::sigismember(&pending, SIGXFSZ) != 0) { return; }
        is_blocking_ = ::pthread_sigmask(SIG_BLOCK, &only_, &before_) == 0;
    }
    QuietFileLimit(const QuietFileLimit&) = delete;
    QuietFileLimit& operator=(const QuietFileLimit&) = delete;
    ~QuietFileLimit() {
        if (!is_blocking_) { return; }
        const int error = errno;
        const timespec at_once{};
        while (::sigtimedwait(&only_, nullptr, &at_once) < 0 && errno == EINTR) {}
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        errno = error;
    }

  private:
    sigset_t only_{};
    sigset_t before_{};
    bool is_blocking_ = false;
};

struct CloseDir {
    void operator()(DIR* dir) const { ::closedir(dir); }
};

// Removes what is in a folder. Depth first and by descriptors, so that a link swapped in meanwhile is never followed.
int remove_entries(Fd folder, Point point) {
    const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(folder.get()));
    if (!dir) { return errno; }
    const int fd = folder.release();
    for (;;) {
        errno = 0;
        const dirent* const entry = ::readdir(dir.get());
        if (entry == nullptr) { return errno; }
        const std::string name = entry->d_name;
        if (name == "." || name == "..") { continue; }
        int error = call_at(point, [&] { return ::unlinkat(fd, name.c_str(), 0); });
        if (error == EISDIR || error == EPERM) {
            Fd child(::openat(fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
            if (!child.is_open()) { return errno == ENOTDIR || errno == ELOOP ? error : errno; }
            error = remove_entries(std::move(child), point);
            if (error == 0) { error = call_at(point, [&] { return ::unlinkat(fd, name.c_str(), AT_REMOVEDIR); }); }
        }
        if (error != 0 && error != ENOENT) { return error; }
    }
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
    Fd old(std::exchange(fd_, other.release()));
    return *this;
}

Fd::~Fd() {
    if (fd_ >= 0) { ::close(fd_); }
}

int Fd::release() { return std::exchange(fd_, -1); }

core::Error system_error(int error, std::string_view what, std::string_view path) {
    core::Errc code = core::Errc::io;
    if (error == ENOENT || error == ENOTDIR) { code = core::Errc::not_found; }
    if (error == EEXIST || error == ENOTEMPTY) { code = core::Errc::conflict; }
    // strerrordesc_np and not strerror: no locale, no shared buffer.
    const char* const reason = ::strerrordesc_np(error);
    return {code, core::cat(what, ' ', path, ": ", reason == nullptr ? core::cat("error ", error) : lower_first(reason))};
}

std::string lower_first(std::string_view text) {
    std::string out(text);
    // "Is a directory" but not "RFS specific error".
    if (out.size() > 1 && out[0] >= 'A' && out[0] <= 'Z' && (out[1] == ' ' || (out[1] >= 'a' && out[1] <= 'z'))) {
        out[0] = static_cast<char>(out[0] - 'A' + 'a');
    }
    return out;
}

core::Result<Fd> open_read(const std::string& path) {
    int fd = -1;
    do { fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC); } while (fd < 0 && errno == EINTR);
    if (fd < 0) { return system_error(errno, "opening", path); }
    return Fd(fd);
}

core::Result<Fd> open_append(const std::string& path, Point point) { return open_at(path, O_WRONLY | O_APPEND, 0, point, "opening"); }

core::Result<Fd> create_exclusive(const std::string& path, mode_t mode, Point point) {
    return open_at(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, mode, point, "creating");
}

core::Status write_all(int fd, std::string_view bytes, Point point, std::string_view path) {
    const Injection injection = at_point(point);
    if (injection.error != 0 && !injection.short_write) { return system_error(injection.error, "writing", path); }
    if (injection.short_write) { bytes = bytes.substr(0, bytes.size() / 2); }
    const QuietFileLimit quiet;
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR) { continue; }
            return system_error(errno, "writing", path);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (injection.short_write) { return system_error(injection.error, "writing", path); }
    if (injection.kill_after) { kill_now(); }
    return core::ok();
}

core::Status sync_file(int fd, Point point, std::string_view path) {
    return status_of(call_at(point, [&] { return ::fdatasync(fd); }), "syncing", path);
}

core::Status sync_dir(const std::string& path, Point point) {
    const Fd dir(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!dir.is_open()) { return system_error(errno, "opening", path); }
    const int error = call_at(point, [&] { return ::fsync(dir.get()); });
    // Some file systems cannot sync a folder: there, nothing more can be done.
    return status_of(error == EINVAL || error == ENOTSUP ? 0 : error, "syncing", path);
}

core::Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes) {
    RL_ASSIGN(const Fd file, open_read(path));
    struct stat info{};
    if (::fstat(file.get(), &info) != 0) { return system_error(errno, "reading", path); }
    if (S_ISDIR(info.st_mode)) { return system_error(EISDIR, "reading", path); }
    const auto too_large = [&] { return core::Error(core::Errc::io, core::cat("reading ", path, ": larger than ", max_bytes, " bytes")); };
    const auto announced = static_cast<std::uint64_t>(info.st_size);
    if (announced > max_bytes) { return too_large(); }
    std::string text(announced + 1, '\0');  // one more, so that the end is seen without another call
    std::size_t used = 0;
    for (;;) {
        if (used == text.size()) { text.resize(std::max<std::size_t>(text.size() * 2, 4096)); }
        const ssize_t got = ::read(file.get(), text.data() + used, text.size() - used);
        if (got < 0) {
            if (errno == EINTR) { continue; }
            return system_error(errno, "reading", path);
        }
        if (got == 0) { break; }
        used += static_cast<std::size_t>(got);
        if (used > max_bytes) { return too_large(); }
    }
    text.resize(used);
    return text;
}

core::Status rename_replace(const std::string& from, const std::string& to, Point point) {
    return status_of(call_at(point, [&] { return ::rename(from.c_str(), to.c_str()); }), "renaming", core::cat(from, " to ", to));
}

core::Status rename_exclusive(const std::string& from, const std::string& to, Point point) {
    return status_of(call_rename_exclusive(from, to, point), "renaming", core::cat(from, " to ", to));
}

core::Status hard_link(const std::string& from, const std::string& to, Point point) {
    return status_of(call_link(from, to, point), "linking", core::cat(from, " to ", to));
}

core::Status remove_file(const std::string& path, Point point) {
    const int error = call_at(point, [&] { return ::unlink(path.c_str()); });
    return status_of(error == ENOENT || error == ENOTDIR ? 0 : error, "removing", path);
}

core::Status remove_tree(const std::string& path, Point point) {
    int error = call_at(point, [&] { return ::unlink(path.c_str()); });
    if (error == EISDIR || error == EPERM) {
        Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!folder.is_open()) { return system_error(errno == ENOTDIR || errno == ELOOP ? error : errno, "removing", path); }
        error = remove_entries(std::move(folder), point);
        if (error == 0) { error = call_at(point, [&] { return ::rmdir(path.c_str()); }); }
    }
    return status_of(error == ENOENT || error == ENOTDIR ? 0 : error, "removing", path);
}

core::Status remove_dir(const std::string& path, Point point) {
    const int error = call_at(point, [&] { return ::rmdir(path.c_str()); });
    return status_of(error == ENOENT || error == ENOTDIR ? 0 : error, "removing folder", path);
}

core::Status make_dir(const std::string& path, mode_t mode, Point point) {
    return status_of(call_at(point, [&] { return ::mkdir(path.c_str(), mode); }), "creating folder", path);
}

core::Status make_dirs(const std::string& path, mode_t mode, Point point) {
    int error = call_at(point, [&] { return ::mkdir(path.c_str(), mode); });
    if (error == ENOENT) {
        const std::string parent = parent_path(path);
        if (parent != path) {
            // One that is there now was made by another meanwhile.
            if (!exists(parent)) { RL_TRY(make_dirs(parent, mode, point)); }
            error = call_at(point, [&] { return ::mkdir(path.c_str(), mode); });
        }
    }
    // Also for a folder on a read-only file system, which may answer EROFS before it looks.
    if (error != 0 && is_dir(path)) { return core::ok(); }
    return status_of(error, "creating folder", path);
}

std::optional<struct stat> stat_path(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) { return std::nullopt; }
    return info;
}

std::optional<struct stat> stat_link(const std::string& path) {
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) { return std::nullopt; }
    return info;
}

bool exists(const std::string& path) { return stat_path(path).has_value(); }

bool is_dir(const std::string& path) {
    const std::optional<struct stat> info = stat_path(path);
    return info && S_ISDIR(info->st_mode);
}

core::Result<std::vector<DirEntry>> list_dir(const std::string& path) {
    Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.is_open()) { return system_error(errno, "listing", path); }
    const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(folder.get()));
    if (!dir) { return system_error(errno, "listing", path); }
    folder.release();
    std::vector<DirEntry> entries;
    for (;;) {
        errno = 0;
        const dirent* const entry = ::readdir(dir.get());
        if (entry == nullptr) { break; }
        std::string name = entry->d_name;
        if (name != "." && name != "..") { entries.push_back({std::move(name), entry->d_type}); }
    }
    if (errno != 0) { return system_error(errno, "listing", path); }
    std::sort(entries.begin(), entries.end(), [](const DirEntry& a, const DirEntry& b) { return a.name < b.name; });
    return entries;
}

}  // namespace runlake::os
