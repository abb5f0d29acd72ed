// SPDX-License-Identifier: Apache-2.0
// Bringing files from one root to another: under a staging name, read back there, then renamed. Stopped anywhere, it goes on where it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "sync/files.hpp"

namespace runlake::sync {

struct Job {
    std::string path;
    std::optional<core::Digest> digest;     // what is to arrive; nothing: whatever is there, which is hashed on its way
    std::uint64_t bytes = 0;
    std::int64_t mtime_ns = 0;
    bool executable = false;
    std::optional<Attributes> replaces;     // what stands at the target, as it was listed; nothing: nothing does
};

enum class Fate : std::uint8_t {
    done,
    held,     // something came in between: another's file, a change while it was read
    failed,   // the system or the other side refused
};

struct Outcome {
    Fate fate = Fate::failed;
    std::string why;
    std::optional<core::Digest> digest;     // of what stands there now
    std::optional<Attributes> there;
};

// Where partial copies of a writer are.
std::string partial_folder(const std::string& writer);

// In the order of the jobs; marks that others read first (a manifest, what makes a folder a run) are copied last. Ends early once failures show that nothing works any more.
std::vector<Outcome> copy_all(Files& from, Files& to, const std::string& writer, const std::vector<Job>& jobs);

// Puts a staged file whose content was verified into its place.
core::Status put_in_place(Files& to, const std::string& staged, const Job& job);

}  // namespace runlake::sync
