// SPDX-License-Identifier: Apache-2.0
// The other side of an exchange: a folder, a machine behind SSH, or whatever rclone reaches.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "lake/roots.hpp"
#include "rundir/push_lock.hpp"
#include "sync/copy.hpp"
#include "sync/tree.hpp"

namespace runlake::sync {

class Side {
  public:
    virtual ~Side() = default;
    virtual const std::string& shown() const = 0;
    virtual core::Result<Tree> list(const PathFilter& takes) = 0;
    // Texts of the manifests there, by name.
    virtual core::Result<std::vector<std::pair<std::string, std::string>>> segments() = 0;
    virtual core::Status write_segment(const std::string& name, const std::string& text) = 0;

    virtual core::Result<bool> ignores_case() = 0;
    virtual std::optional<std::string> refuses(std::string_view path) const = 0;   // why it can't have a file of that name
    // Creation there replaces nothing, so that only replacing wants the lock.
    virtual bool creates_exclusively() const = 0;
    virtual std::int64_t mtime_there(std::int64_t mtime_ns) const = 0;              // as its listing will show a file that is sent
    virtual rundir::LockPlace lock_place() = 0;

    // Digests of files there (by index into `there`), as far as they can be told: by reading, or by comparing with the files here.
    virtual core::Status identify(const Tree& here, Tree& there, const std::vector<std::size_t>& which) = 0;
    virtual std::vector<Outcome> send(const std::string& writer, const std::vector<Job>& jobs) = 0;
    virtual std::vector<Outcome> receive(const std::string& writer, const std::vector<Job>& jobs) = 0;
};

// `here` is the local root, absolute; `there` the remote one. `base` of it must be there already: a mount that is not mounted is not filled. not_found, unsupported, io.
core::Result<std::unique_ptr<Side>> open_side(const lake::Remote& remote, const std::string& here, const std::string& there, const std::string& base);

// Inside sync only.
std::unique_ptr<Side> files_side(std::unique_ptr<Files> files, std::string here);
core::Result<std::unique_ptr<Side>> rclone_side(const std::string& place, const std::string& here);

}  // namespace runlake::sync
