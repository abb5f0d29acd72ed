// SPDX-License-Identifier: Apache-2.0
// One program of a stage: started, its output kept, ended in time, and nothing of it left behind.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "os/files.hpp"
#include "os/group_guard.hpp"
#include "os/sandbox.hpp"

namespace runlake::pipeline {

// Says to all that works on a pipeline that it is to stop. Thread-safe.
class Stopper {
  public:
    static core::Result<std::unique_ptr<Stopper>> make();
    void stop();                                        // the second time: at once
    // Between asking programs to end and ending them. To be set before stop().
    void set_grace(std::chrono::milliseconds grace) { grace_ms_ = grace.count(); }
    std::chrono::milliseconds grace() const { return std::chrono::milliseconds(grace_ms_); }
    int times() const { return times_; }
    int fd() const { return fd_.get(); }                // readable from the first stop() on

  private:
    explicit Stopper(os::Fd fd) : fd_(std::move(fd)) {}
    os::Fd fd_;
    std::atomic<int> times_{0};
    std::atomic<std::int64_t> grace_ms_{5000};
};

struct StageProgram {
    std::vector<std::string> argv;
    std::vector<std::pair<std::string, std::optional<std::string>>> environment;   // TRACEPARENT is unset in it
    std::string working_dir;
    os::Sandbox* sandbox = nullptr;
    std::optional<std::chrono::milliseconds> timeout;
    std::optional<std::string> output_folder;           // "stdout.log" and "stderr.log" are kept there
    std::uint64_t log_limit = 0;
    std::function<void(int stream, std::string_view bytes)> output;   // what it writes to 1 or 2, as it comes; not for long, since nothing else is seen meanwhile
    sigset_t signal_mask{};
    const Stopper* stopper = nullptr;
    os::GroupGuard* guard = nullptr;
    // The process exists and has run nothing: the value of its TRACEPARENT, or an error that ends it.
    std::function<core::Result<std::string>(pid_t)> held;
};

struct ProgramOutcome {
    int wait_status = 0;
    int exec_error = 0;
    bool timed_out = false;
    bool stopped = false;                               // because the pipeline was
    std::string stderr_tail;
    std::vector<std::string> notes;                     // what of its output could not be kept
    double seconds = 0;
};

// Returns when the program has ended. Whatever it has left in its process group is killed. stdin is empty.
core::Result<ProgramOutcome> run_stage_program(const StageProgram& program);

}  // namespace runlake::pipeline
