// SPDX-License-Identifier: Apache-2.0
// Run directories in object stores: worked on in a local folder, pulled and pushed by manifest through the program rclone. Documentation: docs/guide/remote.md.
//
// In the store a run directory has the same names as on disk, .stages and all, with the view as copies. Objects of a result come first, its DONE.json when all of
// them are there with the right size, `current` and the view last; so a reader never meets a DONE.json without its result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "rundir/layout.hpp"

namespace runlake::rundir {

// "s3://bucket//prefix/name": an address in an object store. Opaque: no rule of paths ever joins, normalises or shortens it, and "//" stays "//".
class RemoteUri {
  public:
    static bool is_one(std::string_view text);                      // "<scheme>://": whatever takes a run directory asks before it thinks of a path
    static core::Result<RemoteUri> parse(std::string_view text);    // usage

    const std::string& text() const { return text_; }
    std::string_view scheme() const { return std::string_view(text_).substr(0, scheme_); }
    std::string_view place() const { return std::string_view(text_).substr(scheme_ + 3); }   // "bucket//prefix/name"
    std::string_view name() const;                                  // its last part
    std::string child(std::string_view below) const;                // the address of something in it

  private:
    RemoteUri(std::string text, std::size_t scheme) : text_(std::move(text)), scheme_(scheme) {}
    std::string text_;
    std::size_t scheme_;
};

// Errc of all below: unsupported without rclone, or with one that can't keep "//"; io with what rclone said; not_found when no run directory is there; conflict when another
// one is.

// The addresses of the run directories right below `base`, by name.
core::Result<std::vector<std::string>> list_remote(const RemoteUri& base);

// A copy to look at, in a folder that does not exist yet: run directory, records and, with `files`, the results themselves. No view. The folder is the caller's to remove.
enum class FetchDepth : std::uint8_t { records, files };
core::Result<RunDir> fetch(const RemoteUri& from, const std::string& folder, FetchDepth depth);

// Brings what is current there into the folder to work in, which is made when it is not there: each result published by publish() against its manifest, so that killed
// anywhere it holds whole results alone. What is here and not there yet stays.
struct Pulled {
    RunDir run_dir;
    std::size_t results = 0;     // that were not here
    std::uint64_t bytes = 0;
};
core::Result<Pulled> pull(const RemoteUri& from, const std::string& folder, const std::optional<std::string>& digest_cache);

// Brings what is published here and not there. Errc::corrupt: a result here is not as its manifest says (nothing of it is sent); busy: another process pushes to it.
struct Pushed {
    std::size_t results = 0;
    std::uint64_t bytes = 0;
};
core::Result<Pushed> push(const RunDir& run_dir, const RemoteUri& to, const std::optional<std::string>& digest_cache);

// Where a project works on those of a base, <store>/remote/<16 hex of the base>, and on one of them: its name in there.
std::string remote_base_folder(const std::string& store_dir, const RemoteUri& base);
std::string remote_folder(const std::string& store_dir, const RemoteUri& uri);

}  // namespace runlake::rundir
