// SPDX-License-Identifier: Apache-2.0
// One place in an object store, as the program rclone reaches it, for run directories and `sync`. By argument vectors, never a shell.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "os/child.hpp"
#include "rundir/remote.hpp"

namespace runlake::rundir {

// Objects below a place: relative name and bytes.
using ObjectList = std::map<std::string, std::uint64_t, std::less<>>;

// What listing an object tells of it, without reading it.
struct StampedObject {
    std::uint64_t bytes = 0;
    std::int64_t mtime_ns = 0;     // the store's own time of writing where it has one, else the file's
};
using StampedList = std::map<std::string, StampedObject, std::less<>>;

struct StoreKind {
    bool has_folders = false;      // a file system and no object store: what is written is seen before it is whole
    bool ignores_case = false;
};

class Rclone {
  public:
    // Looks for rclone, its version, and what its configuration calls the scheme.
    static core::Result<Rclone> open(const RemoteUri& uri);
    // A place in rclone's own words, "NAME:path".
    static core::Result<Rclone> at(const std::string& place);
    Rclone below(std::string_view folder) const;
    Rclone beside(std::string_view folder) const;   // another name in the folder that holds this place

    core::Result<ObjectList> list() const;                                    // everything below, names as they are; nothing there is an empty list
    core::Result<ObjectList> list_matching(const std::string& pattern) const;
    core::Result<std::string> read(std::string_view name) const;              // of an object that list() told
    enum class Compare : std::uint8_t { content, never };                     // content: objects that have those bytes are not sent again
    core::Status send(const std::string& folder, const std::vector<std::string>& names, Compare compare) const;   // links are followed
    core::Status receive(const std::vector<std::string>& names, const std::string& folder) const;
    core::Status remove(const std::vector<std::string>& names) const;
    core::Result<StampedList> list_stamped() const;
    core::Result<StoreKind> kind() const;
    // Those of the names whose bytes there are the ones of the folder: told from hashes where the store has them, else by reading.
    core::Result<std::vector<std::string>> same(const std::string& folder, const std::vector<std::string>& names) const;
    core::Status move(const std::vector<std::string>& names, const Rclone& to) const;   // within one store

  private:
    Rclone(std::string shown, std::string place) : shown_(std::move(shown)), place_(std::move(place)) {}
    core::Result<os::Output> call_with_names(std::vector<std::string> words, const std::vector<std::string>& names) const;
    core::Status with_names(std::vector<std::string> words, const std::vector<std::string>& names, std::string_view what) const;
    std::string shown_;    // for messages
    std::string place_;
};

}  // namespace runlake::rundir
