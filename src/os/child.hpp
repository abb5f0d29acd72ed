// SPDX-License-Identifier: Apache-2.0
// Starting a program: argument vector, never a shell.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "os/files.hpp"
#include "os/sandbox.hpp"

namespace runlake::os {

struct ChildOptions {
    std::vector<std::string> argv;                 // argv[0] is looked up in PATH
    std::vector<std::pair<std::string, std::optional<std::string>>> environment;  // set, or unset, on top of ours
    std::optional<std::string> working_dir;
    int stdin_fd = 0;
    int stdout_fd = 1;
    int stderr_fd = 2;
    bool own_process_group = false;
    bool die_with_parent = false;                  // PR_SET_PDEATHSIG SIGKILL
    std::optional<sigset_t> signal_mask;           // the program's mask; default: the calling thread's
    bool ignore_child_signal = false;              // SIGCHLD ignored, as we may have been started ourselves
    Sandbox* sandbox = nullptr;                    // the program and all that it starts are confined; ours until the program has ended
};

// A child that has been forked but not yet executed: it waits until go() so that its start can be recorded first. If the parent dies or abandons it, it
// ends without having run anything.
class HeldChild {
  public:
    static core::Result<HeldChild> fork(const ChildOptions& options);
    HeldChild(HeldChild&&) noexcept = default;
    HeldChild& operator=(HeldChild&&) noexcept = default;

    pid_t pid() const { return pid_; }
    // Lets it execute. The errno of execve (ENOENT: no such command, EACCES: not executable, ...), 0 when the program runs. `more` are variables of its
    // environment whose values became known since the fork: at most 8, at most 4 KiB together, and unset by ChildOptions::environment.
    int go(const std::vector<std::pair<std::string, std::string>>& more = {});
    void abandon();  // ends it and reaps it; nothing was executed

  private:
    HeldChild(pid_t pid, Fd gate, Fd report) : pid_(pid), gate_(std::move(gate)), report_(std::move(report)) {}
    pid_t pid_;
    Fd gate_;
    Fd report_;
};

// Becomes the program: returns only when that failed, with the errno. Descriptors and process group are ours already.
int replace_process(const std::vector<std::string>& argv);

// Runs a program to its end and collects what it writes, up to max_bytes each; kills it after timeout_ms. For tools, not for users' programs.
struct Output {
    int status = 0;            // as from waitpid
    std::string out;
    std::string err;
    bool timed_out = false;
};
core::Result<Output> run_program(const std::vector<std::string>& argv, int timeout_ms, std::size_t max_bytes = 1U << 20U);

}  // namespace runlake::os
