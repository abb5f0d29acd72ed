// SPDX-License-Identifier: Apache-2.0
// What one side holds: names, sizes, times and digests. Beside the data, and believed only where a listing agrees. Format: docs/formats/sync-manifest.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/result.hpp"

namespace runlake::sync {

struct Entry {
    std::string path;               // relative, any bytes but NUL
    core::Digest digest;            // SHA-256 of the content
    std::uint64_t bytes = 0;
    std::int64_t mtime_ns = 0;      // as a listing of that side says
    bool planned = false;           // was on its way when this was written
    // Of the own side only: the rest of the stamp, and when the file was read.
    std::int64_t ctime_ns = 0;
    std::uint64_t inode = 0;
    std::uint64_t device = 0;
    std::int64_t read_at_ns = 0;
    bool operator==(const Entry&) const = default;
};

enum class ManifestKind : std::uint8_t {
    segment,  // at the remote, one a writer
    own,      // of the own side
};

struct Manifest {
    ManifestKind kind = ManifestKind::segment;
    std::string writer;             // "<label>-<16 hex>"
    std::vector<Entry> entries;
    bool operator==(const Manifest&) const = default;
};

std::string write_manifest(const Manifest& manifest);
// Errc::unsupported: a newer version. Errc::corrupt: not as it was written, which includes cut off.
core::Result<Manifest> parse_manifest(std::string_view text, std::string_view what);

}  // namespace runlake::sync
