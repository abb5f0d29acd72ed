// SPDX-License-Identifier: Apache-2.0
// Publishing a file whole, and the exclusive rename and link under it.
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/files_calls.hpp"
#include "os/system.hpp"

namespace runlake::os {
namespace {

bool is_same_file(const std::string& a, const std::string& b) {
    const std::optional<struct stat> first = stat_link(a);
    const std::optional<struct stat> second = stat_link(b);
    return first && second && first->st_dev == second->st_dev && first->st_ino == second->st_ino;
}

// A temporary file that goes with this object. Its removal passes no fault point: what is tested is that a failure leaves nothing.
class Temporary {
  public:
    explicit Temporary(std::string path) : path_(std::move(path)) {}
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    ~Temporary() {
        if (!gone_) { ::unlink(path_.c_str()); }
    }
    void moved() { gone_ = true; }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
    bool gone_ = false;
};

// A folder can't be linked: its name is claimed by an empty one, which rename() replaces only as long as it is empty.
int claim_and_rename(const std::string& from, const std::string& to, Point point) {
    int error = call_at(point, [&] { return ::mkdir(to.c_str(), 0700); });
    if (error != 0) { return error; }
    error = call_at(point, [&] { return ::rename(from.c_str(), to.c_str()); });
    if (error != 0) { ::rmdir(to.c_str()); }
    return error;
}

}  // namespace

int call_link(const std::string& from, const std::string& to, Point point) {
    const int error = call_at(point, [&] { return ::link(from.c_str(), to.c_str()); });
    // A network file system may repeat a request whose answer got lost: the second one meets its own link.
    if (error == EEXIST && is_same_file(from, to)) { return 0; }
    return error;
}

int call_rename_exclusive(const std::string& from, const std::string& to, Point point) {
    int error = call_at(point, [&] { return static_cast<int>(::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE)); });
    if (error != EINVAL && error != ENOSYS && error != ENOTSUP) { return error; }
    const std::optional<struct stat> info = stat_link(from);
    if (info && S_ISDIR(info->st_mode)) { return claim_and_rename(from, to, point); }
    error = call_link(from, to, point);
    if (error != 0) { return error; }
    error = call_at(point, [&] { return ::unlink(from.c_str()); });
    return error == ENOENT ? 0 : error;
}

core::Status publish_file(const std::string& path, std::string_view bytes, mode_t mode, Existing existing, Durability durability, Point point) {
    const std::string folder = parent_path(path);
    const std::string temporary_path = join_path(folder, core::cat('.', base_name(path).substr(0, 200), '.', random_hex(16), ".tmp"));
    core::Result<Fd> created = create_exclusive(temporary_path, mode, point);
    if (!created.ok()) { return std::move(created).take_error().context(core::cat("publishing ", path)); }
    const Fd file = std::move(created).take();
    Temporary temporary(temporary_path);
    RL_TRY(write_all(file.get(), bytes, point, path));
    if (durability == Durability::power) { RL_TRY(sync_file(file.get(), point, path)); }
    if (existing == Existing::keep) {
        const int error = call_rename_exclusive(temporary.path(), path, point);
        if (error != 0) { return system_error(error, "publishing", path); }
    } else {
        const int error = call_at(point, [&] { return ::rename(temporary.path().c_str(), path.c_str()); });
        if (error != 0) { return system_error(error, "publishing", path); }
    }
    temporary.moved();
    if (durability == Durability::power) { RL_TRY(sync_dir(folder, point)); }
    return core::ok();
}

}  // namespace runlake::os
