// SPDX-License-Identifier: Apache-2.0
#include "cli/render/table.hpp"

#include <algorithm>
#include <string_view>

#include "core/text.hpp"

namespace runlake::cli::render {
namespace {

using core::display_width;

struct Border {
    std::string_view left, line, cross, right;
};
constexpr Border k_top = {"┏", "━", "┳", "┓"};
constexpr Border k_middle = {"┡", "━", "╇", "┩"};
constexpr Border k_bottom = {"└", "─", "┴", "┘"};

using Widths = std::vector<std::size_t>;

void append_border(std::string& out, const Border& border, const Widths& widths) {
    out += border.left;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        if (i > 0) { out += border.cross; }
        for (std::size_t k = 0; k < widths[i] + 2; ++k) { out += border.line; }
    }
    out += border.right;
    out += '\n';
}

void append_cell(std::string& out, std::string_view text, Tone tone, Align align, std::size_t width, bool color) {
    const auto shown = fitted(text, width);
    const std::string padding(width - std::min(width, display_width(shown)), ' ');
    out += ' ';
    if (align == Align::right) { out += padding; }
    out += painted(shown, tone, color);
    if (align == Align::left) { out += padding; }
    out += ' ';
}

std::size_t whole_width(const Widths& widths) {
    std::size_t sum = 1;
    for (const auto width : widths) { sum += width + 3; }
    return sum;
}

// Takes columns from the widest of those that may give until the table fits or none is wider than `least`.
void shrink(Widths& widths, const std::vector<bool>& may_give, std::size_t least, std::size_t limit) {
    while (whole_width(widths) > limit) {
        std::size_t* widest = nullptr;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            if (may_give[i] && widths[i] > least && (widest == nullptr || widths[i] > *widest)) { widest = &widths[i]; }
        }
        if (widest == nullptr) { return; }
        --*widest;
    }
}

}  // namespace

std::string table(const std::vector<Column>& columns, const std::vector<Row>& rows, const Look& look) {
    Widths widths;
    std::vector<bool> may_shrink;
    for (const auto& column : columns) {
        widths.push_back(display_width(column.title));
        may_shrink.push_back(column.may_shrink);
    }
    std::vector<std::vector<std::string>> texts;  // made harmless once: measured and printed
    texts.reserve(rows.size());
    for (const auto& row : rows) {
        auto& line = texts.emplace_back(columns.size());
        for (std::size_t i = 0; i < std::min(row.size(), columns.size()); ++i) {
            line[i] = harmless_line(row[i].text);
            widths[i] = std::max(widths[i], display_width(line[i]));
        }
    }
    if (look.width > 0) {
        const auto limit = static_cast<std::size_t>(look.width);
        shrink(widths, may_shrink, 8, limit);
        shrink(widths, std::vector<bool>(columns.size(), true), 3, limit);
    }

    std::string out;
    append_border(out, k_top, widths);
    out += "┃";
    for (std::size_t i = 0; i < columns.size(); ++i) {
        append_cell(out, columns[i].title, Tone::strong, columns[i].align, widths[i], look.color);
        out += "┃";
    }
    out += '\n';
    append_border(out, k_middle, widths);
    for (std::size_t r = 0; r < rows.size(); ++r) {
        out += "│";
        for (std::size_t i = 0; i < columns.size(); ++i) {
            append_cell(out, texts[r][i], i < rows[r].size() ? rows[r][i].tone : Tone::plain, columns[i].align, widths[i], look.color);
            out += "│";
        }
        out += '\n';
    }
    append_border(out, k_bottom, widths);
    return out;
}

}  // namespace runlake::cli::render
