// SPDX-License-Identifier: Apache-2.0
// The state of a run directory and of each stage instance in it, told from DONE records and leases; existence of an output proves nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/lease.hpp"
#include "rundir/publish.hpp"

namespace runlake::rundir {

enum class State : std::uint8_t {
    absent,     // nothing of it is there
    running,    // a living process holds its lease
    abandoned,  // its lease is a dead process's, and there is no result
    partial,    // of a run directory: some instances are done; of an instance: something was moved into place, but there is no DONE
    done,       // the current result can be trusted, as far as was looked (Check); `holder` is set when a later attempt died
    corrupt,    // DONE or manifest can't be read, or the files are not as it says
};
std::string_view state_name(State state);

struct InstanceStatus {
    StageInstance which;
    State state = State::absent;
    std::optional<DoneRecord> done;             // the current result
    std::optional<os::LeaseHolder> holder;
    std::vector<Difference> differences;        // corrupt: what is not as the manifest says
    std::string problem;                        // corrupt: why; ""
};

enum class Check : std::uint8_t { records, files, content };  // DONE and manifest alone; files with the digest cache; every byte
// Pipelines that work in the directory (RunDir::enter()), and those that died in it.
struct Attempts {
    int living = 0;
    int dead = 0;
};
core::Result<Attempts> attempts_now(const RunDir& run_dir);

// Every instance that left a trace, by name. Of the run directory as a whole: corrupt if one instance is; running if one is or an attempt lives; abandoned if one is
// or an attempt died; absent when there is nothing; done when every instance is; else partial.
struct RunDirStatus {
    State state = State::absent;
    std::vector<InstanceStatus> instances;
    Attempts attempts;
};
core::Result<RunDirStatus> status_of(const RunDir& run_dir, Check check, const std::optional<std::string>& digest_cache);

}  // namespace runlake::rundir
