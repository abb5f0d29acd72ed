// SPDX-License-Identifier: Apache-2.0
// A program that one talks with, over its standard streams.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "os/files.hpp"

namespace runlake::os {

// Ends with this object: its streams are closed, then it is killed and reaped. One thread may send while another receives.
class PipedChild {
  public:
    // not_found: no such program.
    static core::Result<PipedChild> start(const std::vector<std::string>& argv);
    PipedChild(PipedChild&& other) noexcept;
    PipedChild& operator=(PipedChild&&) = delete;
    PipedChild(const PipedChild&) = delete;
    PipedChild& operator=(const PipedChild&) = delete;
    ~PipedChild();

    bool send(std::string_view bytes);        // false when it no longer listens
    // What it says next, at most 64 KiB; empty when it has ended. What it writes to its standard error is kept meanwhile.
    std::string_view receive();
    void hang_up();                           // it gets no more; receive() of another thread comes to its end
    const std::string& complaints() const { return complaints_; }   // of its standard error, the last 4 KiB; once receive() gave the end

  private:
    PipedChild(pid_t pid, Fd talk, Fd errors);
    pid_t pid_;
    Fd talk_;                                 // its input and output
    Fd errors_;
    std::string buffer_;
    std::string complaints_;
};

}  // namespace runlake::os
