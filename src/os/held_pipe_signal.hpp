// SPDX-License-Identifier: Apache-2.0
// While one exists, a pipe that nobody reads is an error (EPIPE) for this thread and no signal, which would end the program. Whatever the program does about SIGPIPE stays as it is.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <ctime>

namespace runlake::os {

class HeldPipeSignal {
  public:
    HeldPipeSignal() {
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        was_pending_ = is_pending();
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~HeldPipeSignal() {
        constexpr std::timespec k_at_once{};
        if (!was_pending_ && is_pending()) { ::sigtimedwait(&pipe_, nullptr, &k_at_once); }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    HeldPipeSignal(const HeldPipeSignal&) = delete;
    HeldPipeSignal& operator=(const HeldPipeSignal&) = delete;

  private:
    static bool is_pending() {
        sigset_t pending;
        ::sigemptyset(&pending);
        ::sigpending(&pending);
        return ::sigismember(&pending, SIGPIPE) == 1;
    }

    sigset_t pipe_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

}  // namespace runlake::os
