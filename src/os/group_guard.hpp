// SPDX-License-Identifier: Apache-2.0
// Ends process groups when this process has gone, however it went.
#pragma once

#include <sys/types.h>

#include <mutex>

#include "core/result.hpp"
#include "os/files.hpp"

namespace runlake::os {

// A process of its own that waits for the end of this one, and then kills every group it was told of. PR_SET_PDEATHSIG alone ends only a direct child: what that has
// started would go on and write. Thread-safe.
class GroupGuard {
  public:
    static core::Result<GroupGuard> start();   // while this process has one thread
    GroupGuard(GroupGuard&& other) noexcept : pid_(other.pid_), pipe_(std::move(other.pipe_)) { other.pid_ = 0; }
    GroupGuard& operator=(GroupGuard&&) = delete;
    ~GroupGuard();   // the groups it still knows are left alone

    void watch(pid_t group);
    void forget(pid_t group);

  private:
    GroupGuard(pid_t pid, Fd pipe) : pid_(pid), pipe_(std::move(pipe)) {}
    void tell(char word, pid_t group);
    pid_t pid_;
    Fd pipe_;
    std::mutex mutex_;
};

}  // namespace runlake::os
