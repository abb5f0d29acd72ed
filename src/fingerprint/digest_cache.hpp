// SPDX-License-Identifier: Apache-2.0
// Remembers the digests of files by their stamps, so that unchanged files are not read again. Derived: may be deleted at any time.
//
// One file a shard, "<dir>/0" to "<dir>/f", replaced whole: readers see the old or the new one. Of two writers at once the later wins and the other's
// entries are lost, which costs a reading. Format: docs/formats/fingerprints.md, "Cache of digests".
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/result.hpp"
#include "os/stamp.hpp"

namespace runlake::fingerprint {

struct CachedDigest {
    std::uint64_t space = 0;        // machine and device, hashed: inodes mean nothing without them
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t mtime_ns = 0;
    std::int64_t ctime_ns = 0;
    std::int64_t read_at_ns = 0;    // the stamping clock just before the file was read
    std::int64_t used_at_s = 0;
    std::array<std::uint8_t, 32> digest{};
};

// The text of a shard and its reader; Errc::corrupt unless every byte is as it was written.
std::string write_shard(const std::vector<CachedDigest>& sorted);
core::Result<std::vector<CachedDigest>> read_shard(std::string_view bytes);

// One object, one thread.
class DigestCache {
  public:
    static constexpr std::size_t k_shards = 16;
    static constexpr std::size_t k_entries_a_shard = 16384;

    explicit DigestCache(std::optional<std::string> dir) : dir_(std::move(dir)) {}
    // The digest of a file with this stamp. An entry counts only if its file was older than its reading: one stamped in the same tick could have been changed
    // after it without a trace (what git calls racily clean).
    std::optional<core::Digest> find(const os::Stamp& stamp);
    // Remembers a reading that began at `read_at_ns`. Not kept when the file was not older than that, nor, on a network file system (another clock), by a minute.
    void add(const std::string& path, const os::Stamp& stamp, std::int64_t read_at_ns, const core::Digest& digest);
    // Writes what was added. Failing to is no error: the files will be read again.
    void save();

  private:
    struct Shard {
        bool loaded = false;
        std::vector<CachedDigest> entries;       // as on disk, sorted by space and inode
        std::vector<std::size_t> used;           // indices of entries that were found
        std::vector<CachedDigest> added;
    };
    std::uint64_t space_of(std::uint64_t device);
    bool is_network(const std::string& path, std::uint64_t device);
    std::string file_of(std::size_t shard) const;

    std::optional<std::string> dir_;
    std::array<Shard, k_shards> shards_;
    std::map<std::uint64_t, std::uint64_t> spaces_;
    std::map<std::uint64_t, bool> networks_;
};

}  // namespace runlake::fingerprint
