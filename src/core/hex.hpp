// SPDX-License-Identifier: Apache-2.0
// Hexadecimal digits as Runlake writes them.
#pragma once

#include <cstddef>
#include <string_view>

namespace runlake::core {

// Whether all of it is lower-case hex digits; so it is for nothing at all.
inline bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

// The same of so many digits: an id, a digest.
inline bool is_hex(std::string_view text, std::size_t digits) { return text.size() == digits && is_hex(text); }

}  // namespace runlake::core
