// SPDX-License-Identifier: Apache-2.0
// What the end of a program means: the run's state, its error text, and the exit status that is passed on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "record/model.hpp"

namespace runlake::record {

// How a program ended, as seen from outside.
struct ProgramEnd {
    std::string program;          // argv[0]
    int wait_status = 0;          // as from waitpid
    int exec_error = 0;           // errno when it could not be executed
    int stop_signal = 0;          // the last INT, TERM, HUP or QUIT that reached it through the recorder or the terminal, 0 for none
    std::string stderr_tail;      // "" when it is not known
};

struct Verdict {
    RunState state = RunState::completed;
    int passed_on = 0;                        // exit status of `runlake run`
    std::optional<int> exit_status;
    std::optional<int> signal;
    std::optional<std::string> error_text;    // nothing for a run that completed
};

// completed: it exited with 0. stopped: a signal that is no crash ended it, or it exited otherwise after it was told to stop. failed: everything else.
Verdict judge(const ProgramEnd& end);

// "SIGTERM", "signal 77".
std::string signal_name(int number);
// The last line of a text that is not blank, cut to 300 bytes; "" when there is none.
std::string last_line(std::string_view text);

}  // namespace runlake::record
