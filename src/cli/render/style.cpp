// SPDX-License-Identifier: Apache-2.0
#include "cli/render/style.hpp"

#include <array>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace runlake::cli::render {
namespace {

constexpr std::string_view k_reset = "\x1b[0m";

std::string_view escape_of(Tone tone) {
    switch (tone) {
        case Tone::good: return "\x1b[32m";
        case Tone::bad: return "\x1b[31m";
        case Tone::warn: return "\x1b[33m";
        case Tone::faint: return "\x1b[2m";
        case Tone::strong: return "\x1b[1m";
        case Tone::plain: break;
    }
    return "";
}

}  // namespace

Tone state_tone(std::string_view state) {
    constexpr std::array<std::pair<std::string_view, Tone>, 8> k_tones = {{{"completed", Tone::good},
                                                                           {"cached", Tone::good},
                                                                           {"failed", Tone::bad},
                                                                           {"abandoned", Tone::bad},
                                                                           {"running", Tone::warn},
                                                                           {"degraded", Tone::warn},
                                                                           {"stopped", Tone::warn},
                                                                           {"unwatched", Tone::warn}}};
    for (const auto& [name, tone] : k_tones) {
        if (name == state) { return tone; }
    }
    return Tone::plain;
}

std::string painted(std::string_view text, Tone tone, bool color) {
    const auto escape = escape_of(tone);
    if (!color || escape.empty() || text.empty()) { return std::string(text); }
    return core::cat(escape, text, k_reset);
}

std::string harmless_line(std::string_view text) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    const auto valid = core::valid_utf8(text);
    std::string out;
    out.reserve(valid.size());
    for (std::size_t i = 0; i < valid.size(); ++i) {
        const auto byte = static_cast<unsigned char>(valid[i]);
        // U+0080 to U+009F, the 8-bit forms of escape sequences, are C2 80 to C2 9F in UTF-8.
        const bool high_control = byte == 0xC2U && i + 1 < valid.size() && static_cast<unsigned char>(valid[i + 1]) < 0xA0U;
        if (byte == '\n' || byte == '\t' || byte == '\r') {
            out += ' ';
        } else if (byte < 0x20U || byte == 0x7FU || high_control) {
            const auto code = high_control ? static_cast<unsigned char>(valid[++i]) : byte;
            out += "\\x";
            out += k_digits[code >> 4U];
            out += k_digits[code & 15U];
        } else {
            out += valid[i];
        }
    }
    return out;
}

std::string harmless_text(std::string_view text) {
    std::vector<std::string> lines;
    for (const std::string_view line : core::split(text, '\n')) { lines.push_back(harmless_line(line)); }
    return core::join(lines, "\n");
}

std::string fitted(std::string_view text, std::size_t width) {
    if (core::display_width(text) <= width) { return std::string(text); }
    if (width == 0) { return {}; }
    std::string_view kept = text;
    while (!kept.empty() && core::display_width(kept) > width - 1) { kept = core::cut_utf8(kept, kept.size() - 1); }
    return core::cat(kept, "…");
}

}  // namespace runlake::cli::render
