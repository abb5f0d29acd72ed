// SPDX-License-Identifier: Apache-2.0
// stdout as a buffer whose failures are kept until someone can act on them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace runlake::cli {

// Collects what is written and hands it on in large pieces; on a terminal, line by line. A reader that went away (EPIPE) ends the process as SIGPIPE would, quietly; any
// other failure is kept, and what comes after it is dropped. One thread.
class Output {
  public:
    Output(int fd, bool terminal) : fd_(fd), terminal_(terminal) {}
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    void write(std::string_view text);
    void flush();
    core::Status finish();  // flushes and tells the first failure

  private:
    int fd_;
    bool terminal_;
    std::string held_;
    std::optional<core::Error> failure_;
};

// Writes to stderr at once; what cannot be written there is lost.
void write_stderr(std::string_view text);

}  // namespace runlake::cli
