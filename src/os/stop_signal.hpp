// SPDX-License-Identifier: Apache-2.0
// For commands that wait: INT, TERM and HUP as a descriptor that can be polled, instead of a handler that runs anywhere.
#pragma once

#include <chrono>

#include "core/result.hpp"
#include "os/files.hpp"

namespace runlake::os {

// While it lives, INT, TERM and HUP do not end the process but make fd() readable. Make it before any thread is started (threads inherit the mask); one a process.
class StopSignal {
  public:
    static core::Result<StopSignal> install();
    StopSignal(StopSignal&& other) noexcept = default;
    StopSignal& operator=(StopSignal&&) = delete;
    ~StopSignal();  // the former mask is back; signals that came meanwhile are used up

    int fd() const { return fd_.get(); }
    // Waits until a signal came (true) or the time is over (false). A signal stays readable: later calls answer true at once.
    bool wait(std::chrono::milliseconds limit) const;

  private:
    explicit StopSignal(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

}  // namespace runlake::os
