// SPDX-License-Identifier: Apache-2.0
#include "cli/render/panel.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace runlake::cli::render {
namespace {

using core::cat;
using core::display_width;

constexpr std::size_t k_least_inner = 52;   // columns of text in a box of 56
constexpr std::size_t k_narrowest = 20;     // below this, a terminal gets lines it has to wrap itself

// One line of the box: an indentation or label, and text with a tone.
struct Piece {
    std::string label;
    std::string text;
    Tone tone;
};

std::string indentation(std::string_view label) {
    const auto text = label.find_first_not_of(' ');
    return std::string(text == std::string_view::npos ? label.size() : text, ' ');
}

// Cuts a line into pieces of at most `inner` columns (0: any), at spaces where there are some.
void append_wrapped(std::vector<Piece>& out, std::string label, std::string_view text, Tone tone, std::size_t inner) {
    while (inner != 0 && display_width(label) + display_width(text) > inner) {
        const auto room = inner - std::min(inner - 1, display_width(label));
        std::string_view head = text;
        while (head.size() > 1 && display_width(head) > room) {
            const auto shorter = core::cut_utf8(head, head.size() - 1);
            if (shorter.empty()) { break; }
            head = shorter;
        }
        if (const auto space = head.rfind(' '); space != std::string_view::npos && space > head.size() / 2 && head.size() < text.size()) {
            head = head.substr(0, space + 1);
        }
        if (head.size() == text.size()) { break; }
        out.push_back({label, std::string(head), tone});
        text.remove_prefix(head.size());
        label = indentation(label);
    }
    out.push_back({std::move(label), std::string(text), tone});
}

std::string rule(std::string_view left, std::string_view right, std::size_t inner) {
    std::string out(left);
    for (std::size_t i = 0; i < inner + 2; ++i) { out += "─"; }
    return cat(out, right, "\n");
}

}  // namespace

std::string panel(std::string_view title, const std::vector<PanelLine>& lines, const Look& look) {
    std::size_t limit = 0;
    if (look.width > 0) { limit = std::max(k_narrowest, static_cast<std::size_t>(look.width) - std::min<std::size_t>(4, static_cast<std::size_t>(look.width))); }
    std::vector<Piece> pieces;
    for (const auto& line : lines) {
        std::string label = line.label;
        for (const auto text : core::split(line.value, '\n')) {
            append_wrapped(pieces, harmless_line(label), harmless_line(text), line.tone, limit);
            label = indentation(line.label);
        }
    }
    const auto head = limit != 0 ? fitted(harmless_line(title), limit) : harmless_line(title);
    std::size_t inner = std::max(limit == 0 ? k_least_inner : std::min(k_least_inner, limit), display_width(head));
    for (const auto& piece : pieces) { inner = std::max(inner, display_width(piece.label) + display_width(piece.text)); }

    auto out = rule("╭", "╮", inner);
    const auto spare = inner - display_width(head);
    out += cat("│ ", std::string(spare / 2, ' '), painted(head, Tone::strong, look.color), std::string(spare - spare / 2, ' '), " │\n");
    out += rule("├", "┤", inner);
    for (const auto& piece : pieces) {
        const auto used = display_width(piece.label) + display_width(piece.text);
        out += cat("│ ", piece.label, painted(piece.text, piece.tone, look.color), std::string(inner - used, ' '), " │\n");
    }
    return out + rule("╰", "╯", inner);
}

}  // namespace runlake::cli::render
