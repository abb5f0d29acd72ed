// SPDX-License-Identifier: Apache-2.0
// code_ref: the commit that a run's code came from, and how the working tree differed from it. Provenance, never part of a key.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "git/repository.hpp"
#include "record/store.hpp"

namespace runlake::fingerprint {

// What is known of the code before the program starts: a few small files are read, microseconds.
struct CodeStart {
    std::optional<git::Location> repository;   // nothing outside of git
    std::string commit;                        // "" when there is none, or when it is not known
    std::string note;                          // why there is no commit, for people; "" when there is one, and outside of git
    // "<commit>+dirty.unknown": what the start record says. Nothing without a commit.
    std::optional<std::string> code_ref() const;
};
CodeStart read_code(const std::string& working_dir);

struct CodeOptions {
    std::chrono::milliseconds limit{2000};
    std::function<bool()> stop;                // true: give up, "+dirty.unknown"
};

// What is known once the tree was looked at.
struct CodeState {
    std::optional<std::string> code_ref;       // "<commit>" (clean), "<commit>+dirty.<64 hex>" or "<commit>+dirty.unknown"; nothing without a commit
    std::optional<std::string> patch_file;     // "patches/<digest>", relative to the store, when it is dirty and the patch could be kept
    std::string note;                          // why it is unknown or the patch could not be kept; ""
};
// Looks at the whole tree (libgit2 is loaded here): to be called in a thread while the program runs; Capture does. Keeps the patch in the store.
CodeState look_at_code(const CodeStart& start, const record::Store& store, const CodeOptions& options);

}  // namespace runlake::fingerprint
