// SPDX-License-Identifier: Apache-2.0
// Copies, links by name, and modes.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <utility>

#include "os/files.hpp"
#include "os/files_calls.hpp"

namespace runlake::os {
namespace {

core::Status status_of(int error, std::string_view what, std::string_view path) {
    if (error == 0) { return core::ok(); }
    return system_error(error, what, path);
}

core::Status copy_bytes(int from, const std::string& from_path, int to, const std::string& to_path, Point point) {
    std::string buffer(std::size_t{1} << 20U, '\0');
    for (;;) {
        const ssize_t got = ::read(from, buffer.data(), buffer.size());
        if (got < 0) {
            if (errno == EINTR) { continue; }
            return system_error(errno, "reading", from_path);
        }
        if (got == 0) { return core::ok(); }
        RL_TRY(write_all(to, std::string_view(buffer).substr(0, static_cast<std::size_t>(got)), point, to_path));
    }
}

// A new, empty file that goes again unless it is kept. Not create_exclusive(): a file that is open to append to can't share blocks.
class NewFile {
  public:
    static core::Result<NewFile> make(const std::string& path, Point point) {
        Fd file;
        const int error = call_at(point, [&] {
            const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
            if (fd >= 0) { file = Fd(fd); }
            return fd;
        });
        if (error != 0) { return system_error(error, "creating", path); }
        return NewFile(path, std::move(file));
    }
    NewFile(NewFile&&) noexcept = default;
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile() {
        if (file_.is_open()) { ::unlink(path_.c_str()); }
    }

    int fd() const { return file_.get(); }
    // With that mode, whatever the umask says.
    core::Status keep(mode_t mode, Point point) {
        const int error = call_at(point, [&] { return ::fchmod(file_.get(), mode); });
        if (error != 0) { return system_error(error, "setting the mode of", path_); }
        const Fd closed = std::move(file_);
        return core::ok();
    }

  private:
    NewFile(std::string path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}
    std::string path_;
    Fd file_;
};

// 0, or the errno of the call. What does not depend on the pair of files fails the copy that follows as well.
int share_blocks(int from, int to, Point point) {
    return call_at(point, [&] { return ::ioctl(to, FICLONE, from); });
}

}  // namespace

core::Status symbolic_link(const std::string& target, const std::string& path, Point point) {
    return status_of(call_at(point, [&] { return ::symlink(target.c_str(), path.c_str()); }), "linking", path);
}

core::Status set_mode(const std::string& path, mode_t mode, Point point) {
    return status_of(call_at(point, [&] { return ::chmod(path.c_str(), mode); }), "setting the mode of", path);
}

std::optional<std::string> read_link(const std::string& path) {
    std::string target(PATH_MAX, '\0');
    const ssize_t got = ::readlink(path.c_str(), target.data(), target.size());
    if (got < 0 || static_cast<std::size_t>(got) >= target.size()) { return std::nullopt; }
    target.resize(static_cast<std::size_t>(got));
    return target;
}

core::Result<bool> clone_file(const std::string& from, const std::string& to, mode_t mode, Point point) {
    RL_ASSIGN(const Fd source, open_read(from));
    RL_ASSIGN(NewFile target, NewFile::make(to, point));
    const int error = share_blocks(source.get(), target.fd(), point);
    if (error == ENOSPC || error == EIO || error == EDQUOT) { return system_error(error, "copying", to); }
    if (error != 0) { return false; }
    RL_TRY(target.keep(mode, point));
    return true;
}

core::Status copy_file(const std::string& from, const std::string& to, mode_t mode, Point point) {
    RL_ASSIGN(const Fd source, open_read(from));
    RL_ASSIGN(NewFile target, NewFile::make(to, point));
    if (share_blocks(source.get(), target.fd(), point) != 0) { RL_TRY(copy_bytes(source.get(), from, target.fd(), to, point)); }
    return target.keep(mode, point);
}

}  // namespace runlake::os
