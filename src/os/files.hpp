// SPDX-License-Identifier: Apache-2.0
// The one interface to the file system: every write, sync, rename, link, create and remove of Runlake is a function of this header and names its
// fault point. All functions are thread-safe; none changes the working directory; EINTR is retried; descriptors are close-on-exec.
// Failures are Errc::io (message with path and the system's reason), or Errc::not_found and Errc::conflict where said.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "os/fault_points.hpp"

namespace runlake::os {

// Owns a descriptor. Closing never reports: what must be known is synced or written before.
class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd();

    bool is_open() const { return fd_ >= 0; }
    int get() const { return fd_; }
    int release();  // gives the descriptor away

  private:
    int fd_ = -1;
};

// Errc for an errno: ENOENT and ENOTDIR not_found, EEXIST and ENOTEMPTY conflict, else io. The message is "what path: reason".
core::Error system_error(int error, std::string_view what, std::string_view path);

core::Result<Fd> open_read(const std::string& path);                                                // not_found
core::Result<Fd> open_append(const std::string& path, Point point);                                 // must exist: not_found
core::Result<Fd> create_exclusive(const std::string& path, mode_t mode, Point point);               // conflict when it exists; O_APPEND

// Whole or failed; after a failure an unknown part is written.
core::Status write_all(int fd, std::string_view bytes, Point point, std::string_view path);
core::Status sync_file(int fd, Point point, std::string_view path);
core::Status sync_dir(const std::string& path, Point point);

core::Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes = UINT64_MAX);  // not_found; larger: Errc::io

core::Status rename_replace(const std::string& from, const std::string& to, Point point);
core::Status rename_exclusive(const std::string& from, const std::string& to, Point point);  // conflict when `to` exists; renameat2, else link + unlink for files and an exclusively made folder that is renamed over for folders
core::Status hard_link(const std::string& from, const std::string& to, Point point);         // conflict when `to` exists
core::Status symbolic_link(const std::string& target, const std::string& path, Point point); // conflict when `path` exists
core::Status remove_file(const std::string& path, Point point);                              // a missing file is fine
core::Status remove_tree(const std::string& path, Point point);                              // never follows links; a missing tree is fine
core::Status remove_dir(const std::string& path, Point point);                               // an empty one: conflict when it is not; a missing one is fine
core::Status make_dir(const std::string& path, mode_t mode, Point point);                    // conflict when it exists
core::Status make_dirs(const std::string& path, mode_t mode, Point point);                   // existing ones are fine
core::Status set_mode(const std::string& path, mode_t mode, Point point);                    // follows links
// A new file with the same bytes and that mode. conflict when `to` exists; a failure leaves nothing. Not synced. clone_file shares the blocks (FICLONE): false, and
// nothing is made, where the file system can't; copy_file copies then.
core::Result<bool> clone_file(const std::string& from, const std::string& to, mode_t mode, Point point);
core::Status copy_file(const std::string& from, const std::string& to, mode_t mode, Point point);

enum class Durability : std::uint8_t { process, power };  // survives kill -9; synced before return
enum class Existing : std::uint8_t { replace, keep };     // keep: a file that is there stays, Errc::conflict
// Writes a sibling temporary file and renames (or links, for keep) it into place: a reader sees the old bytes or the new, never a mixture. On failure
// the temporary file is gone.
core::Status publish_file(const std::string& path, std::string_view bytes, mode_t mode, Existing existing, Durability durability, Point point);

std::optional<struct stat> stat_path(const std::string& path);    // follows links; nothing when it can't be read
std::optional<struct stat> stat_link(const std::string& path);    // of the link itself
std::optional<std::string> read_link(const std::string& path);     // where it points; nothing when it is no link
bool exists(const std::string& path);
bool is_dir(const std::string& path);

struct DirEntry {
    std::string name;
    unsigned char type;  // DT_REG, DT_DIR, DT_LNK, DT_UNKNOWN, ...
};
// Entries less "." and "..", sorted by bytes. not_found when there is no such folder.
core::Result<std::vector<DirEntry>> list_dir(const std::string& path);

std::string join_path(std::string_view base, std::string_view rest);  // rest when it is absolute
std::string parent_path(std::string_view path);
std::string base_name(std::string_view path);
core::Result<std::string> absolute_path(const std::string& path);   // links resolved; the last part need not exist
core::Result<std::string> current_dir();
std::string lexically_normal(std::string_view path);                // "a/../b/./c" -> "b/c", no look at the disk
// `path` relative to `base` when it lies inside (both absolute and normal), else nothing.
std::optional<std::string> relative_inside(std::string_view path, std::string_view base);

struct FileSystem {
    std::string kind;           // "ext4", "nfs", "tmpfs", "overlayfs", "0x1234" when unknown
    bool network = false;
    std::uint64_t free_bytes = 0;
};
core::Result<FileSystem> file_system_of(const std::string& path);

}  // namespace runlake::os
