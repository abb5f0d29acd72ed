// SPDX-License-Identifier: Apache-2.0
// A manifest: every file of a tree with its size and digest. What a published result is verified, compared and transferred by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/result.hpp"

namespace runlake::rundir {

struct ManifestEntry {
    std::string path;            // relative, '/' between parts
    std::uint64_t bytes = 0;
    core::Digest digest;
    bool executable = false;     // write bits are never looked at
    bool operator==(const ManifestEntry&) const = default;
};

struct Manifest {
    std::vector<ManifestEntry> entries;   // by path, bytewise
    std::uint64_t bytes() const;
    const ManifestEntry* find(std::string_view path) const;
    core::Digest digest() const;          // recipe "manifest/1": over path, bytes, digest, executable
};

std::string to_json(const Manifest& manifest);                                  // manifest.json, one entry a line, sorted
core::Result<Manifest> parse_manifest(std::string_view text, std::string_view what);  // corrupt, unsupported

struct ManifestOptions {
    bool sync = false;                         // fsync each file and folder: before publication
    std::optional<std::string> digest_cache;   // fingerprint::digests_dir(store): unchanged files are not read again; nothing: every byte is read
    int threads = 0;                           // 0: os::usable_processors()
};
// Reads the whole tree. Links, devices, sockets and names that are not UTF-8 or hold control characters are refused (Errc::usage names them): a result is files.
core::Result<Manifest> build_manifest(const std::string& dir, const ManifestOptions& options);

enum class DifferenceKind : std::uint8_t { missing, added, changed };  // seen from the first manifest
struct Difference {
    DifferenceKind kind;
    std::string path;
    std::optional<ManifestEntry> before;
    std::optional<ManifestEntry> after;
};
std::vector<Difference> compare(const Manifest& before, const Manifest& after);  // by path

// What is on disk against what the manifest says. `full`: every byte is read; else the digest cache may spare reading.
core::Result<std::vector<Difference>> verify_tree(const std::string& dir, const Manifest& manifest, const std::optional<std::string>& digest_cache, bool full);

}  // namespace runlake::rundir
