// SPDX-License-Identifier: Apache-2.0
// Reading and writing of run ids and of the prefixes that users type.
#include "core/ids.hpp"

#include "core/digest.hpp"

namespace runlake::core {
namespace {

constexpr std::size_t k_length = 36;

bool is_dash_place(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

int hex_value(char c) {
    if (c >= '0' && c <= '9') { return c - '0'; }
    if (c >= 'a' && c <= 'f') { return c - 'a' + 10; }
    if (c >= 'A' && c <= 'F') { return c - 'A' + 10; }
    return -1;
}

// Messages quote what was given; a long or binary text is not worth repeating.
std::string quoted(std::string_view text) {
    for (const char c : text) {
        if (c < 0x20 || c > 0x7E) { return "the text given"; }
    }
    if (text.size() > 60) { return "the text given"; }
    return "\"" + std::string(text) + "\"";
}

}  // namespace

Result<RunId> RunId::parse(std::string_view text) {
    std::array<std::uint8_t, 16> bytes{};
    if (text.size() != k_length) {
        return Error(Errc::usage, "reading a run id: " + quoted(text) + " has " + std::to_string(text.size()) + " characters, expected 36");
    }
    std::size_t nibbles = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_dash_place(i)) {
            if (text[i] == '-') { continue; }
            return Error(Errc::usage, "reading a run id: " + quoted(text) + " has no dash at character " + std::to_string(i + 1));
        }
        const int value = hex_value(text[i]);
        if (value < 0) {
            return Error(Errc::usage, "reading a run id: " + quoted(text) + " has no hex digit at character " + std::to_string(i + 1));
        }
        std::uint8_t& byte = bytes[nibbles / 2];
        byte = static_cast<std::uint8_t>(static_cast<unsigned>(byte) << 4U | static_cast<unsigned>(value));
        ++nibbles;
    }
    return RunId(bytes);
}

RunId RunId::from_random(std::array<std::uint8_t, 16> bytes) {
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
    return RunId(bytes);
}

std::string RunId::str() const {
    const std::string hex = to_hex(bytes_);
    std::string out;
    out.reserve(k_length);
    out.append(hex, 0, 8).append(1, '-').append(hex, 8, 4).append(1, '-').append(hex, 12, 4).append(1, '-');
    return out.append(hex, 16, 4).append(1, '-').append(hex, 20, 12);
}

std::string RunId::brief() const { return to_hex(std::span(bytes_).first(4)); }

Result<RunIdPrefix> RunIdPrefix::parse(std::string_view text) {
    if (text.empty()) { return Error(Errc::usage, "reading a run id: it is empty"); }
    if (text.size() > k_length) {
        return Error(Errc::usage, "reading a run id: " + quoted(text) + " has " + std::to_string(text.size()) + " characters, more than 36");
    }
    std::string kept;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool fits = is_dash_place(i) ? c == '-' : hex_value(c) >= 0;
        if (!fits) {
            return Error(Errc::usage, "reading a run id: " + quoted(text) + " has no " + (is_dash_place(i) ? "dash" : "hex digit") +
                                          " at character " + std::to_string(i + 1));
        }
        kept += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return RunIdPrefix(std::move(kept));
}

}  // namespace runlake::core
