// SPDX-License-Identifier: Apache-2.0
// Output without end: of what a program writes beyond a bound only the beginning and the end stay.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.hpp"
#include "os/files.hpp"

namespace runlake::os {

inline constexpr std::uint64_t k_flood_bytes = 64U << 20U;   // up to this, output stays as it is
inline constexpr std::uint64_t k_flood_end_bytes = 2U << 20U;   // beyond: so much of its beginning, and of its end

// Keeps a file that another process writes from filling the disk: the place that its middle takes is given back. Its size stays as it is. Where the file system can't do that,
// nothing happens.
class Flood {
  public:
    explicit Flood(int fd) : fd_(fd) {}
    void thin();   // to be called now and then

  private:
    int fd_;
    std::uint64_t dropped_to_ = 0;
};

// Of a file beyond the bound, that nobody writes any more: it becomes its beginning, a line that says how much is left out, and its end. False: it was within the bound.
core::Result<bool> shorten_flood(const std::string& path, Point point);

}  // namespace runlake::os
