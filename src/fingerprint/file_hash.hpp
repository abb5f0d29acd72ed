// SPDX-License-Identifier: Apache-2.0
// Hashes the content of many files on all cores; one large file is shared out as well.
//
// file/1: the file is cut into leaves of 4 MiB (the last one shorter, an empty file has none). A leaf's digest is SHA-256 of the byte 'L' and its bytes; the file's is
// FieldHash("file/1") over "size" (decimal) and "leaves" (the leaves' 32-byte digests in order).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "core/result.hpp"
#include "os/stamp.hpp"

namespace runlake::fingerprint {

inline constexpr std::uint64_t k_leaf_bytes = 4U << 20U;

struct FileToHash {
    std::string path;
    os::Stamp stamp;             // as looked up before; a file that differs from it when it is opened or when it was read has changed
    bool links_may_change = false;  // nobody writes to it, but names of it come and go, which moves its ctime: that alone is no change
};

struct HashedFile {
    core::Digest digest;
    std::int64_t read_at_ns;     // the stamping clock before the first byte was read
};

// The digests in the order of the files, or the error of the first file (by position) that has one: busy when it changed, unsupported when it has bytes but says it has
// none (files of /proc), io, not_found; interrupted when `stop` answers true.
core::Result<std::vector<HashedFile>> hash_files(const std::vector<FileToHash>& files, int threads, const std::function<bool()>& stop);

// The digest of a text as if it were a file.
core::Digest hash_as_file(std::string_view bytes);

}  // namespace runlake::fingerprint
