// SPDX-License-Identifier: Apache-2.0
// Waiting for the user's program: signals are passed on to it, job control works as without the recorder in between.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <optional>

namespace runlake::ops {

// From its making on, this process takes signals only here. To be made before any thread, and before the program is forked.
class Watch {
  public:
    Watch();

    const sigset_t& original_mask() const { return original_mask_; }       // for the program
    bool child_signal_was_ignored() const { return child_signal_ignored_; }
    // The program shares our process group when there is a controlling terminal: it sends its signals to the whole group, and reads of a group in the background fail.
    // Without one it has its own, so that a signal to our group reaches it once.
    bool own_group() const { return own_group_; }

    struct Ended {
        int status = 0;        // as from waitpid
        int stop_signal = 0;   // the last INT, TERM, HUP or QUIT seen, 0 for none
    };
    // Waits for the program's end and passes signals on meanwhile. Nothing when it has not ended within the limit.
    std::optional<Ended> wait(pid_t program, std::optional<std::chrono::milliseconds> limit = std::nullopt);
    // The program has ended: whether we were told to end since. Does not wait.
    bool told_to_stop() const;

  private:
    void pass_on(pid_t program, const siginfo_t& signal);
    void stop_with(pid_t program);

    sigset_t original_mask_{};
    sigset_t taken_{};
    bool child_signal_ignored_ = false;
    bool own_group_ = true;
    bool asked_to_pause_ = false;
    int stop_signal_ = 0;
};

}  // namespace runlake::ops
