// SPDX-License-Identifier: Apache-2.0
// `job run`: one attempt of one job, as a recorded run, from its claim to its end in the document and the ledger.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "ops/job_end.hpp"

namespace runlake::ops {

struct JobRunRequest {
    std::optional<std::string> store;                    // --store
    std::string id;                                      // or the beginning of it
    std::vector<std::string> program;                    // empty: the command that it was queued with, else the experiment's
    bool force = false;
    bool log_only = false;                               // its output is kept, and not passed on
    std::optional<std::chrono::milliseconds> time_limit; // else the one that it was queued with
    Say say;
};
struct JobRunResponse {
    std::string job_id;
    std::string run_id;                  // "" when nothing was run
    std::string status;                  // of the job, now
    int exit_status = 0;                 // of the program; 128 + signal; 127 and 126 as a shell has them
    bool skipped = false;                // it was complete
    std::optional<std::string> problem;  // why it did not complete
};
// To be called with one thread, once a process: signals are taken until it returns, and threads that look at the tree may be left behind; leave by _exit().
// Errors, and then nothing was run: Errc::not_found; conflict (it has ended, no command is known for it); busy (another runs it).
core::Result<JobRunResponse> job_run(const JobRunRequest& request);

// What such an attempt runs without a program of the user's: what the job was queued with, else the experiment's runner_command, in a shell. Errc::not_found, conflict: it has none.
core::Result<std::vector<std::string>> job_command(const record::Store& store, const jobs::Job& job);

}  // namespace runlake::ops
