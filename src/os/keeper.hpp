// SPDX-License-Identifier: Apache-2.0
// A process between us and a program, with which all that the program has started ends.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <functional>

#include "core/result.hpp"
#include "os/files.hpp"

namespace runlake::os {

// The keeper is a subreaper: what the program starts stays below it, in whatever group, session or environment, also when everything between them has ended. When the
// program has ended, when end() is called, or when this process has gone, however it went, all of that is killed. Threads may each have one at once.
class Keeper {
  public:
    // What the program's end was, as from wait4().
    struct End {
        int status = 0;
        struct rusage usage {};
    };

    // `become` is called in the new process, the child of the keeper (whose pid it is given) and the leader of a group of its own: async-signal-safe calls only, and it does not
    // return. All signals are blocked there.
    static core::Result<Keeper> start(const std::function<void(pid_t keeper)>& become);
    Keeper(Keeper&& other) noexcept;
    Keeper& operator=(Keeper&&) = delete;
    ~Keeper();   // as end() and wait()

    pid_t child() const { return child_; }
    int fd() const { return told_.get(); }   // readable: the program has ended
    void end();
    // Returns when the program and all that it left have ended. Errc::internal: somebody killed the keeper.
    core::Result<End> wait();

  private:
    Keeper(pid_t keeper, pid_t child, Fd control, Fd told) : keeper_(keeper), child_(child), control_(std::move(control)), told_(std::move(told)) {}
    void reap();

    pid_t keeper_;   // 0: reaped
    pid_t child_;
    Fd control_;
    Fd told_;
};

}  // namespace runlake::os
