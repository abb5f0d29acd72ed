// SPDX-License-Identifier: Apache-2.0
// input_fingerprint: one value for all content of files, folders and globs. Recipes: docs/formats/fingerprints.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "core/result.hpp"
#include "record/model.hpp"

namespace runlake::fingerprint {

struct InputOptions {
    // Names in the fingerprint are relative to this folder (the project root) where they lie inside it, else absolute. Absolute itself.
    std::string root;
    std::string working_dir;                   // relative inputs start here; absolute
    std::optional<std::string> cache_dir;      // digests_dir(store); nothing: every byte is read
    int threads = 0;                           // 0: os::usable_processors()
    std::function<bool()> stop;                // asked every few MiB and files, by any thread; true ends with Errc::interrupted
};

// "<store>/cache/digests".
std::string digests_dir(const std::string& store_dir);

struct InputReport {
    std::string fingerprint;                   // "input/1:<64 hex>" over all inputs; their order and doublets do not matter
    std::vector<record::Input> inputs;         // one each as given, in the given order, with "file/1:", "dir/1:" or "glob/1:" digest of its content and its bytes
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t read_bytes = 0;              // of `bytes`, what the cache did not spare
};

// Fingerprints everything, or fails as a whole. A name that exists is a path; else one with "*", "?" or "[" is a glob ('**' crosses folders).
// Errc::usage: no inputs, or "" among them; not_found: absent, vanished, or a glob that matches nothing (absent is not empty); busy: a file changed
// while it was read; unsupported: a device, socket or pipe; io: unreadable; interrupted: `stop`.
core::Result<InputReport> input_fingerprint(const std::vector<std::string>& inputs, const InputOptions& options);

}  // namespace runlake::fingerprint
