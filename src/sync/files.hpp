// SPDX-License-Identifier: Apache-2.0
// Files below a root that can be listed, read, appended to and renamed, here or at the other end of an SFTP connection. Paths are relative to the root, bytes as they are.
//
// All calls are safe from several threads. No call follows a symbolic link in the last part of a path; folders are made and looked at part by part, so that none is followed on the way to
// a new file either.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "os/fault_points.hpp"
#include "os/stamp.hpp"

namespace runlake::sync {

enum class What : std::uint8_t { file, folder, link, other };

struct Attributes {
    What what = What::other;
    std::uint64_t bytes = 0;
    std::int64_t mtime_ns = 0;
    bool executable = false;
    os::Stamp stamp;             // on this machine only
};

struct Named {
    std::string name;
    Attributes attributes;
};

class Reader {
  public:
    virtual ~Reader() = default;
    virtual core::Result<std::string_view> next() = 0;   // until the next call; empty at the end
};

class Writer {
  public:
    virtual ~Writer() = default;
    virtual core::Status write(std::string_view bytes) = 0;
    virtual core::Result<Attributes> finish(std::int64_t mtime_ns) = 0;   // what is there then
};

class Files {
  public:
    virtual ~Files() = default;
    virtual std::string shown(std::string_view path) const = 0;            // for messages
    virtual int workers() const = 0;                                       // how many calls at once are worth while
    virtual core::Result<std::vector<Named>> list(const std::string& folder) = 0;              // not_found; "" is the root itself, which may be reached by a link
    virtual core::Result<Attributes> look(const std::string& path) = 0;                        // not_found
    virtual core::Result<std::unique_ptr<Reader>> open(const std::string& path, std::uint64_t offset) = 0;
    virtual core::Result<std::unique_ptr<Writer>> append(const std::string& path, std::uint64_t offset, bool executable, os::Point at) = 0;   // made when it is missing
    virtual core::Status make_folder(const std::string& path) = 0;                             // conflict when anything is there; "" makes the root with what leads to it, and is fine when it is there
    enum class Existing : std::uint8_t { keep, replace };
    virtual core::Status rename(const std::string& from, const std::string& to, Existing existing) = 0;   // keep: conflict when `to` is there
    virtual core::Status remove(const std::string& path) = 0;                                  // a missing one is fine
    virtual core::Status settle() = 0;                                                         // what was written and renamed survives a loss of power
};

// Makes the folders that lead to `path`. conflict: something else than a folder stands in the way.
core::Status make_way(Files& files, std::string_view path);
// not_found; io when it is larger.
core::Result<std::string> read_text(Files& files, const std::string& path, std::uint64_t max_bytes);
// By a temporary name and a rename, in the own folder.
core::Status write_text(Files& files, const std::string& path, std::string_view text);

// On this machine.
std::unique_ptr<Files> open_folder(std::string root);

}  // namespace runlake::sync
