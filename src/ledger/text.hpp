// SPDX-License-Identifier: Apache-2.0
// How entries are written: JSON with sorted keys, two-space indentation, ASCII, floats as Python writes them, one newline at the end; and times to the second.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::ledger {

// As Python's json.dumps(value, indent=2, sort_keys=True) and a newline; Order::kept without sort_keys. Errc::usage: a number is not finite.
enum class Order : std::uint8_t { sorted, kept };
core::Result<std::string> ledger_text(const core::Json& value, Order order = Order::sorted);
// JSON without the white space between its tokens. The text must be JSON.
std::string compact(std::string_view json);
// "2026-06-03T11:48:10Z"; fractions are cut off.
std::string entry_time(core::Timestamp at);

}  // namespace runlake::ledger
