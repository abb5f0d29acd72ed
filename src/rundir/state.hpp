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
    abandoned,  // its lease is a dead process's
    partial,    // of a run directory: some instances are done; of an instance: something, but no DONE
    done,
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

enum class Check : std::uint8_t { records, files, content };  // DONE alone; files with the digest cache; every byte
// Every instance that left a trace, by name. Of the run directory as a whole: corrupt if one is; running; abandoned; done when all of them are; partial; absent.
struct RunDirStatus {
    State state = State::absent;
    std::vector<InstanceStatus> instances;
};
core::Result<RunDirStatus> status_of(const RunDir& run_dir, Check check, const std::optional<std::string>& digest_cache);

}  // namespace runlake::rundir
