// SPDX-License-Identifier: Apache-2.0
// One UTF-8 sequence decoded, for the files of core that walk through text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace runlake::core {

// A code point and how many bytes it took; 0 bytes for an invalid sequence (overlong, surrogate, above U+10FFFF, cut off).
struct Utf8 {
    char32_t code_point = 0;
    std::size_t bytes = 0;
};

// Decodes the sequence at `at`, which must be inside the text.
inline Utf8 decode_utf8(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at);
    if (first < 0x80) { return {first, 1}; }
    std::size_t length = 0;
    char32_t value = 0;
    char32_t smallest = 0;
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
        value = first & 0x1FU;
        smallest = 0x80;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        value = first & 0x0FU;
        smallest = 0x800;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        value = first & 0x07U;
        smallest = 0x10000;
    } else {
        return {};
    }
    if (text.size() - at < length) { return {}; }
    for (std::size_t i = 1; i < length; ++i) {
        const unsigned char next = byte(at + i);
        if ((next & 0xC0U) != 0x80) { return {}; }
        value = value << 6U | (next & 0x3FU);
    }
    if (value < smallest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) { return {}; }
    return {value, length};
}

// Appends a code point that is none of the surrogates.
inline void append_utf8(std::string& out, char32_t c) {
    const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0U | c >> 6U);
        put(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
        put(0xE0U | c >> 12U);
        put(0x80U | (c >> 6U & 0x3FU));
        put(0x80U | (c & 0x3FU));
    } else {
        put(0xF0U | c >> 18U);
        put(0x80U | (c >> 12U & 0x3FU));
        put(0x80U | (c >> 6U & 0x3FU));
        put(0x80U | (c & 0x3FU));
    }
}

inline constexpr std::string_view k_replacement = "\xEF\xBF\xBD";  // U+FFFD

// Columns of one character on a terminal: 0, 1 or 2.
int column_width(char32_t c);

}  // namespace runlake::core
