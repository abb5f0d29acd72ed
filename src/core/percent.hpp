// SPDX-License-Identifier: Apache-2.0
// Bytes as %XX.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace runlake::core {

// The sixteen digits that are written, and the only ones that are read.
inline constexpr std::string_view k_upper_hex = "0123456789ABCDEF";
inline constexpr std::string_view k_lower_hex = "0123456789abcdef";

inline void append_percent(std::string& out, char c, std::string_view digits) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
}

// The text with all that is not plain as %XX.
template <class Plain>
std::string percent_encoded(std::string_view text, const Plain& is_plain, std::string_view digits = k_upper_hex) {
    std::string out;
    for (const char c : text) {
        if (is_plain(c)) {
            out += c;
        } else {
            append_percent(out, c, digits);
        }
    }
    return out;
}

// The byte of the %XX that begins at `at`; nothing where none does.
inline std::optional<char> percent_at(std::string_view text, std::size_t at, std::string_view digits) {
    if (at >= text.size() || text[at] != '%' || text.size() - at < 3) { return std::nullopt; }
    const auto high = digits.find(text[at + 1]);
    const auto low = digits.find(text[at + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) { return std::nullopt; }
    return static_cast<char>(high << 4U | low);
}

}  // namespace runlake::core
