// SPDX-License-Identifier: Apache-2.0
// Starting a program that inherits nothing: its whole environment, addresses, processors, umask and limits are given.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace runlake::os {

struct FreshChild {
    std::vector<std::string> argv;                                       // argv[0] is looked up in the PATH of `environment`
    std::vector<std::pair<std::string, std::string>> environment;        // all of it
    std::string working_dir;
    std::string stdout_path;                                             // made anew: conflict when it exists
    std::string stderr_path;
    mode_t umask = 022;
    bool fixed_addresses = false;                                        // no address space randomization, for it and all that it starts
    std::vector<int> processors;                                         // it may run on these only; empty: on ours
    std::optional<std::uint64_t> memory_bytes;                           // of private memory for each process, and of resident memory for all of its group
    std::optional<std::chrono::milliseconds> time_limit;
    int stop_fd = -1;                                                    // readable: it is ended
    std::function<void(pid_t)> held;                                     // it exists, and has run nothing yet
};

enum class FreshEnd : std::uint8_t { ended, not_started, time_limit, memory_limit, stopped };

struct FreshOutcome {
    FreshEnd how = FreshEnd::ended;
    int wait_status = 0;            // as from waitpid, unless not_started
    int start_error = 0;            // of not_started: the errno
    std::string start_step;         // of not_started: what was refused ("executing", "fixing addresses", ...)
    double seconds = 0;
    std::uint64_t peak_bytes = 0;   // resident, as the kernel counted for the largest process waited for
};

// Returns when it has ended, and with it all that it started (os/keeper.hpp); that also ends when we are killed. Its own session and process group, an empty stdin, no signal
// blocked or ignored. Of output beyond os/flood.hpp's bound the middle is dropped while it runs. Threads may call it at once, each for a child of its own. Errors: nothing
// was started or its keeper was killed, and that is no fault of the program.
core::Result<FreshOutcome> run_fresh(const FreshChild& child);

// Becomes the program, with one variable more; for a process that has one thread. Returns only when that failed, with the errno.
int become_with(const std::vector<std::string>& argv, const std::string& name, const std::string& value);

}  // namespace runlake::os
