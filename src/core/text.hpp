// SPDX-License-Identifier: Apache-2.0
// Text helpers that more than one module needs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace runlake::core {

// Joins pieces and numbers into one string: cat("reading ", path, ": line ", 7).
inline void append_piece(std::string& out, std::string_view piece) { out += piece; }
inline void append_piece(std::string& out, char piece) { out += piece; }
template <class N>
    requires(std::is_integral_v<N> && !std::is_same_v<N, char> && !std::is_same_v<N, bool>)
void append_piece(std::string& out, N number) { out += std::to_string(number); }
template <class... Pieces>
std::string cat(const Pieces&... pieces) {
    std::string out;
    (append_piece(out, pieces), ...);
    return out;
}

std::vector<std::string_view> split(std::string_view text, char separator);  // "a,,b" gives three pieces; "" gives one, empty
std::string_view trim(std::string_view text);                                // ASCII white space at both ends
std::string lower_ascii(std::string_view text);
std::string join(std::span<const std::string> pieces, std::string_view separator);

// The longest prefix of at most max_bytes that does not split a UTF-8 sequence.
std::string_view cut_utf8(std::string_view text, std::size_t max_bytes);
// The text with every invalid UTF-8 byte replaced by U+FFFD.
std::string valid_utf8(std::string_view text);
// Columns a terminal needs for the text (combining marks 0, East Asian wide 2).
std::size_t display_width(std::string_view text);

// The candidate nearest to a mistyped word by edit distance, or nothing when none is near (more than a third of its letters off).
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

// Shell-style pattern on a relative path: '*' and '?' stop at '/', '**' crosses it, "[a-c]" is a set. Linear or quadratic, never exponential.
bool glob_match(std::string_view pattern, std::string_view path);

// "30d", "12h", "45m", "10s", "2w": seconds. "10GB", "512MiB", "4096": bytes (GB = 10^9, GiB = 2^30). Errc::usage otherwise, also on overflow.
Result<std::int64_t> parse_duration_s(std::string_view text);
Result<std::int64_t> parse_bytes(std::string_view text);
// Whole text as a number, or nothing: no spaces, no locale.
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_float(std::string_view text);
// Shortest text that reads back as the same double ("0.1", "1e+16", "nan", "inf"); fixed decimals as printf("%.*f"), locale free.
std::string format_float(double value);
std::string format_fixed(double value, int decimals);
// 1234567 as "1,234,567".
std::string group_thousands(std::int64_t value);

}  // namespace runlake::core
