// SPDX-License-Identifier: Apache-2.0
// Points in time and the clock interface that tests replace.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace runlake::core {

// Microseconds since 1970-01-01 00:00:00 UTC. Leap seconds do not count, as in POSIX.
struct Timestamp {
    std::int64_t micros = 0;
    auto operator<=>(const Timestamp&) const = default;
};

// "2025-01-09T14:23:15.000042Z": always UTC, always six decimals; for years 0 to 9999.
std::string format_iso(Timestamp at);
// "20250109_142315": the stamp of run directories, UTC.
std::string format_stamp(Timestamp at);
// Reads "YYYY-MM-DD", or that with 'T' or a space, "HH:MM[:SS[.ffffff]]" and an optional "Z" or "+hh:mm"; without a zone it is
// UTC. Errc::usage for anything else and for dates that do not exist.
Result<Timestamp> parse_iso(std::string_view text);

// Where time comes from. Implementations are safe to call from any thread.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual Timestamp now() const = 0;                  // wall clock; may jump
    virtual std::int64_t monotonic_ns() const = 0;      // never goes back; for durations
};

}  // namespace runlake::core
