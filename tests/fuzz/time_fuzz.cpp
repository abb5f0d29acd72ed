// SPDX-License-Identifier: Apache-2.0
// Any bytes as time, duration, size and number: what reads is written and read again as the same.
#include "core/clock.hpp"
#include "core/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace core = runlake::core;

RUNLAKE_FUZZ {
    if (const auto at = core::parse_iso(text); at.ok()) {
        const auto again = core::parse_iso(core::format_iso(at.value()));
        DEMAND(again.ok() && again.value() == at.value());
    }
    if (const auto seconds = core::parse_duration_s(text); seconds.ok()) { DEMAND(seconds.value() >= 0); }
    if (const auto bytes = core::parse_bytes(text); bytes.ok()) { DEMAND(bytes.value() >= 0); }
    if (const auto number = core::parse_float(text); number && *number == *number) { DEMAND(core::parse_float(core::format_float(*number)) == number); }
    if (const auto integer = core::parse_integer(text)) { DEMAND(core::parse_integer(std::to_string(*integer)) == integer); }
}
