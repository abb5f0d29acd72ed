// SPDX-License-Identifier: Apache-2.0
// What one replay of a cell gave: a value, or a structured error; and what was seen inside the child.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "replay/provenance.hpp"

namespace runlake::replay {

// Why a replay gave no value. Each makes H1 an ERROR (the verdict's reason is replay_error, this is its detail).
enum class ErrorKind : std::uint8_t {
    not_started,        // the program could not be executed
    exit,               // it ended with a status other than 0
    signal,             // a signal ended it
    timeout,            // over the time limit; it was ended
    memory,             // over the memory limit
    garbage,            // its result cannot be read
    two_results,        // it gave the metric twice
    not_finite,         // NaN or an infinity
    missing_metric,     // it gave no value
    missing_artifact,   // a file to compare is not there
    missing_input,      // an input file is not there
    pin_not_effective,  // a pinned knob has another value inside the child, or the child did not say
    no_fingerprint,     // the child's environment could not be learned
    interrupted,        // the launcher was stopped
    internal,           // the launcher could not do its part: no folder, no worktree
};
std::string_view error_name(ErrorKind kind);                       // "pin_not_effective"

struct ReplayError {
    ErrorKind kind = ErrorKind::internal;
    std::string detail;                                            // one sentence for people, redacted
    std::optional<int> exit_status;
    std::optional<int> signal;
    bool operator==(const ReplayError&) const = default;
};

// A file compared or read, by its path as the spec gives it. No digest: it is not there.
struct FileDigest {
    std::string path;
    std::optional<std::string> digest;                             // "file/1:<64 hex>" or "dir/1:..."
    std::optional<std::uint64_t> bytes;
    bool operator==(const FileDigest&) const = default;
};

// A file that the program read though nobody declared it, and when it was last changed.
struct ReadFile {
    std::string path;                                              // relative to the project where it lies inside
    core::Timestamp changed_at;
    bool operator==(const ReadFile&) const = default;
};

// A knob that was asked for, and what it is inside the child. Nothing in `effective`: the child did not say.
struct Knob {
    std::string name;
    std::string requested;
    std::optional<std::string> effective;
    bool checked = true;                                           // false: nobody can ask the child (told, never counted as effective)
    bool operator==(const Knob&) const = default;
};

struct Outcome {
    int replica = 0;                                               // from 0
    std::optional<double> value;                                   // finite when there is no error
    std::optional<std::string> value_text;                         // as the child wrote it
    std::optional<ReplayError> error;                              // set: `value` counts for nothing
    std::vector<FileDigest> artifacts;                             // by path
    std::vector<FileDigest> inputs;                                // by path
    bool reads_seen = false;                                       // what it read could be watched
    std::vector<ReadFile> undeclared;                              // by path; beyond the first hundred only the one that changed last
    std::vector<Knob> knobs;                                       // by name
    Provenance provenance;                                         // from inside the child
    std::optional<std::string> environment;                        // digest of environments/<digest>.json
    std::optional<std::string> run_id;                             // as which it was recorded
    double seconds = 0;
    std::optional<std::string> kept;                               // folder with its output, relative to the store, when it was kept
    bool ok() const { return !error && value.has_value(); }
};

core::Json to_json(const Outcome& outcome);

}  // namespace runlake::replay
