// SPDX-License-Identifier: Apache-2.0
// What is kept of a program's output: its log in the store, and its tail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "os/files.hpp"

namespace runlake::record {

// The log of one stream: whole lines, redacted, up to a limit. The file and its folder are made with the first of it. A failure is remembered and ends the
// keeping, nothing else.
class OutputLog {
  public:
    OutputLog(std::string path, std::uint64_t limit) : path_(std::move(path)), limit_(limit) {}

    void add(std::string_view bytes);
    void flush();   // what is no whole line yet, too
    void end();     // the stream has ended
    const std::optional<std::string>& problem() const { return problem_; }
    bool exists() const { return file_.is_open(); }

  private:
    void write_out(std::size_t count);
    void put(std::string_view text);
    core::Status try_put(std::string_view text);

    std::string path_;
    std::uint64_t limit_;
    os::Fd file_;
    std::string pending_;
    std::uint64_t seen_ = 0;
    std::uint64_t written_ = 0;
    bool told_ = false;
    bool full_ = false;
    std::optional<std::string> problem_;
};

// Keeps the last `most` bytes of what was and what comes.
void keep_tail(std::string& tail, std::string_view more, std::size_t most);

}  // namespace runlake::record
