// SPDX-License-Identifier: Apache-2.0
// What is going on, in one line: it lives on a terminal, elsewhere it is a plain line now and then.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "cli/command.hpp"

namespace runlake::cli {

// One thread at a time. Silent with --quiet.
class LiveLine {
  public:
    explicit LiveLine(Invocation& inv);
    ~LiveLine() { end(); }
    LiveLine(const LiveLine&) = delete;
    LiveLine& operator=(const LiveLine&) = delete;

    // Asks for the line when it is time for one: ten times a second on a terminal, else every ten seconds.
    void tell(const std::function<std::string()>& line);
    void end();  // takes it off the terminal

  private:
    Invocation& inv_;
    bool live_;
    bool shown_ = false;
    std::chrono::steady_clock::time_point last_;
};

}  // namespace runlake::cli
