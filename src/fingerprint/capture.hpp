// SPDX-License-Identifier: Apache-2.0
// Takes what is slow to know (tree state, inputs, environment) in threads of its own while the user's program runs.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fingerprint/code.hpp"
#include "fingerprint/environment.hpp"
#include "fingerprint/input.hpp"
#include "record/model.hpp"
#include "record/store.hpp"

namespace runlake::fingerprint {

struct CaptureRequest {
    record::Store store;
    CodeStart code;                            // read_code(), before the spawn
    std::vector<std::string> inputs;           // as given; may be empty
    InputOptions input_options;
    std::optional<std::string> config_path;    // hashed at once, by begin(), unless larger than 1 MiB
    EnvironmentSource environment;
    bool want_environment = true;              // false when the start record has it already (cached_environment)
    std::chrono::milliseconds code_limit = CodeOptions{}.limit;  // the setting code.dirty_limit
};

// What became known. `facts` holds code_ref, input_fingerprint, config_hash and environment as far as they are known.
struct Captured {
    record::Facts facts;
    std::vector<record::Input> inputs;         // with their digests; empty when they are not known
    std::vector<std::string> notes;            // what could not be told and why, one sentence each; not an error of the run
    std::optional<std::string> input_problem;  // why the inputs have no fingerprint although they were looked at; also among the notes
};

// How long finish() waits for each part that is still under way.
struct Patience {
    std::chrono::milliseconds code{0};
    std::chrono::milliseconds inputs{std::chrono::hours(24)};
    std::chrono::milliseconds environment{2000};
};

// How long to wait for the state of the code once the program has ended: as long again as it ran, at least 1 ms, at most `limit`. So a short program on a busy machine
// keeps its code_ref, and recording never doubles the time of a long one, whose look is over long before.
std::chrono::milliseconds patience_for_code(double program_seconds, std::chrono::milliseconds limit);

// A capture under way. A process may leave by _exit() at any time, whatever its threads do. Before exit() or a return from main this object must be destroyed: that asks
// the threads to stop and waits until they have (a few milliseconds; while libgit2 is being loaded or a compiler answers, tens). Not to be kept across a fork.
class Capture {
  public:
    // Starts the threads that the request needs; none for what is not asked. Never fails.
    static std::unique_ptr<Capture> begin(CaptureRequest request);
    virtual ~Capture() = default;
    // Waits as long as `patience` says, then gives what is known; the rest is told to stop (code_ref "+dirty.unknown"). Later calls give the same.
    virtual Captured finish(const Patience& patience) = 0;
};

}  // namespace runlake::fingerprint
