// SPDX-License-Identifier: Apache-2.0
// Inside rundir only: one place in an object store, as the program rclone reaches it. By argument vectors, never a shell.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "rundir/remote.hpp"

namespace runlake::rundir {

// Objects below a place: relative name and bytes.
using ObjectList = std::map<std::string, std::uint64_t, std::less<>>;

class Rclone {
  public:
    // Looks for rclone, its version, and what its configuration calls the scheme.
    static core::Result<Rclone> open(const RemoteUri& uri);

    core::Result<ObjectList> list() const;                                    // everything below, names as they are; nothing there is an empty list
    core::Result<ObjectList> list_matching(const std::string& pattern) const;
    core::Result<std::string> read(std::string_view name) const;              // of an object that list() told
    enum class Compare : std::uint8_t { content, never };                     // content: objects that have those bytes are not sent again
    core::Status send(const std::string& folder, const std::vector<std::string>& names, Compare compare) const;   // links are followed
    core::Status receive(const std::vector<std::string>& names, const std::string& folder) const;
    core::Status remove(const std::vector<std::string>& names) const;

  private:
    Rclone(RemoteUri uri, std::string place) : uri_(std::move(uri)), place_(std::move(place)) {}
    core::Status with_names(std::vector<std::string> words, const std::vector<std::string>& names, std::string_view what) const;
    RemoteUri uri_;
    std::string place_;
};

}  // namespace runlake::rundir
