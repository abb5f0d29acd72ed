// SPDX-License-Identifier: Apache-2.0
// Files of a folder of this machine, which may be a mount.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/text.hpp"
#include "os/file_finish.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "sync/files.hpp"
#include "sync/names.hpp"

namespace runlake::sync {
namespace {

namespace point = os::point;

constexpr std::size_t k_block_bytes = std::size_t{1} << 20U;

Attributes attributes_of(const struct stat& info) {
    Attributes of;
    of.what = S_ISREG(info.st_mode) ? What::file : S_ISDIR(info.st_mode) ? What::folder : S_ISLNK(info.st_mode) ? What::link : What::other;
    of.stamp = os::Stamp::of(info);
    of.bytes = of.stamp.size;
    of.mtime_ns = of.stamp.mtime_ns;
    of.executable = (info.st_mode & S_IXUSR) != 0;
    return of;
}

class FolderReader : public Reader {
  public:
    FolderReader(os::Fd file, std::string path, std::size_t block) : file_(std::move(file)), path_(std::move(path)), block_(block, '\0') {}

    core::Result<std::string_view> next() override {
        ssize_t got = 0;
        do { got = ::read(file_.get(), block_.data(), block_.size()); } while (got < 0 && errno == EINTR);
        if (got < 0) { return os::system_error(errno, "reading", path_); }
        return std::string_view(block_).substr(0, static_cast<std::size_t>(got));
    }

  private:
    os::Fd file_;
    std::string path_;
    std::string block_;
};

class FolderWriter : public Writer {
  public:
    FolderWriter(os::Fd file, std::string path, os::Point at) : file_(std::move(file)), path_(std::move(path)), at_(at) {}

    core::Status write(std::string_view bytes) override { return os::write_all(file_.get(), bytes, at_, path_); }
    core::Result<Attributes> finish(std::int64_t mtime_ns) override {
        RL_TRY(os::set_mtime(file_.get(), mtime_ns, at_, path_));
        struct stat info {};
        if (::fstat(file_.get(), &info) != 0) { return os::system_error(errno, "looking at", path_); }
        return attributes_of(info);
    }

  private:
    os::Fd file_;
    std::string path_;
    os::Point at_;
};

class FolderFiles : public Files {
  public:
    explicit FolderFiles(std::string root) : root_(std::move(root)) {}

    std::string shown(std::string_view path) const override { return path.empty() ? root_ : core::cat(root_, '/', escape_name(path)); }
    int workers() const override { return os::usable_processors(); }

    core::Result<std::vector<Named>> list(const std::string& folder) override {
        // What was a folder when its own folder was listed must not be a link by now.
        const os::Fd opened(::open(at(folder).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | (folder.empty() ? 0 : O_NOFOLLOW)));
        if (!opened.is_open()) { return os::system_error(errno, "listing", shown(folder)); }
        RL_ASSIGN(std::vector<os::DirEntry> entries, os::list_dir(at(folder)));
        std::vector<Named> found;
        found.reserve(entries.size());
        for (os::DirEntry& entry : entries) {
            struct stat info {};
            if (::fstatat(opened.get(), entry.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
                if (errno == ENOENT) { continue; }   // gone since
                return os::system_error(errno, "looking at", shown(folder.empty() ? entry.name : core::cat(folder, '/', entry.name)));
            }
            found.push_back({std::move(entry.name), attributes_of(info)});
        }
        return found;
    }

    core::Result<Attributes> look(const std::string& path) override {
        struct stat info {};
        if (::lstat(at(path).c_str(), &info) != 0) { return os::system_error(errno, "looking at", shown(path)); }
        return attributes_of(info);
    }

    core::Result<std::unique_ptr<Reader>> open(const std::string& path, std::uint64_t offset) override {
        os::Fd file(::open(at(path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
        if (!file.is_open()) { return os::system_error(errno, "opening", shown(path)); }
        struct stat info {};
        if (::fstat(file.get(), &info) != 0) { return os::system_error(errno, "looking at", shown(path)); }
        if (!S_ISREG(info.st_mode)) { return core::Error(core::Errc::io, core::cat("opening ", shown(path), ": it is no regular file")); }
        if (offset > 0 && ::lseek(file.get(), static_cast<off_t>(offset), SEEK_SET) < 0) { return os::system_error(errno, "reading", shown(path)); }
        const auto left = static_cast<std::uint64_t>(info.st_size) + 1;
        return std::unique_ptr<Reader>(std::make_unique<FolderReader>(std::move(file), shown(path), static_cast<std::size_t>(std::min<std::uint64_t>(k_block_bytes, std::max<std::uint64_t>(left, 4096)))));
    }

    core::Result<std::unique_ptr<Writer>> append(const std::string& path, std::uint64_t offset, bool executable, os::Point where) override {
        auto file = offset > 0 ? os::open_append(at(path), where) : os::create_exclusive(at(path), executable ? 0777 : 0666, where);
        if (!file.ok()) { return std::move(file).take_error(); }
        return std::unique_ptr<Writer>(std::make_unique<FolderWriter>(std::move(file).take(), shown(path), where));
    }

    core::Status make_folder(const std::string& path) override {
        if (path.empty()) { return os::make_dirs(root_, 0777, point::sync_copy); }
        return os::make_dir(at(path), 0777, point::sync_copy);
    }

    core::Status rename(const std::string& from, const std::string& to, Existing existing) override {
        return existing == Existing::keep ? os::rename_exclusive(at(from), at(to), point::sync_publish) : os::rename_replace(at(from), at(to), point::sync_publish);
    }

    core::Status remove(const std::string& path) override { return os::remove_file(at(path), point::sync_copy); }

    core::Status settle() override { return os::sync_file_system(root_, point::sync_publish); }

  private:
    std::string at(const std::string& path) const { return path.empty() ? root_ : core::cat(root_, '/', path); }
    std::string root_;
};

}  // namespace

std::unique_ptr<Files> open_folder(std::string root) { return std::make_unique<FolderFiles>(std::move(root)); }

}  // namespace runlake::sync
