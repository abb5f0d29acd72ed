// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cli/render/panel.hpp"
#include "cli/render/style.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"

namespace runlake::cli::render {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (const auto line : core::split(text, '\n')) { lines.emplace_back(line); }
    EXPECT_EQ(lines.back(), "") << "no final newline";
    lines.pop_back();
    return lines;
}

void expect_straight(const std::string& text) {
    const auto lines = lines_of(text);
    for (const auto& line : lines) { EXPECT_EQ(core::display_width(line), core::display_width(lines.front())) << line; }
}

TEST(Table, HasTheBordersOfTheRunTable) {
    const auto text = table({{.title = "Run ID"}, {.title = "Stage"}, {.title = "Rows In"}}, {{{"a0eebc99"}, {"window_0"}, {"150"}}, {{"c2ddd77b"}, {"fit"}, {"-"}}}, {});
    EXPECT_EQ(text,
              "┏━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━┓\n"
              "┃ Run ID   ┃ Stage    ┃ Rows In ┃\n"
              "┡━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━┩\n"
              "│ a0eebc99 │ window_0 │ 150     │\n"
              "│ c2ddd77b │ fit      │ -       │\n"
              "└──────────┴──────────┴─────────┘\n");
}

TEST(Table, WithoutRowsIsItsHeader) {
    EXPECT_EQ(table({{.title = "A"}}, {}, {}), "┏━━━┓\n┃ A ┃\n┡━━━┩\n└───┘\n");
}

TEST(Table, AlignsRightAndByDisplayWidth) {
    const auto text = table({{.title = "Name"}, {.title = "N", .align = Align::right}}, {{{"日本"}, {"7"}}, {{"é"}, {"1,234"}}}, {});
    EXPECT_THAT(text, HasSubstr("│ 日本 │     7 │"));
    EXPECT_THAT(text, HasSubstr("│ é    │ 1,234 │"));
    expect_straight(text);
}

TEST(Table, MissingAndSurplusCells) {
    const auto text = table({{.title = "A"}, {.title = "B"}}, {{{"1"}}, {{"1"}, {"2"}, {"3"}}}, {});
    EXPECT_THAT(text, HasSubstr("│ 1 │   │\n│ 1 │ 2 │\n"));
}

TEST(Table, ColoursOnlyWhenAsked) {
    const std::vector<Column> columns = {{.title = "Status"}};
    const std::vector<Row> rows = {{{"failed", state_tone("failed")}}, {{"ok", Tone::plain}}};
    EXPECT_THAT(table(columns, rows, {}), Not(HasSubstr("\x1b")));
    const auto coloured = table(columns, rows, {.color = true});
    EXPECT_THAT(coloured, HasSubstr("│ \x1b[31mfailed\x1b[0m │"));
    EXPECT_THAT(coloured, HasSubstr("│ ok     │")) << "padding as without colour";
}

TEST(Table, CutsOnlyToAGivenWidth) {
    const std::string stage(100, 's');
    const std::vector<Column> columns = {{.title = "Run ID"}, {.title = "Stage", .may_shrink = true}};
    const std::vector<Row> rows = {{{"a0eebc99"}, {stage}}};
    EXPECT_THAT(table(columns, rows, {}), HasSubstr(stage));
    const auto cut = table(columns, rows, {.width = 40});
    EXPECT_THAT(cut, HasSubstr("│ a0eebc99 │ ")) << "ids stay whole while others can give";
    EXPECT_THAT(cut, HasSubstr("…"));
    EXPECT_EQ(core::display_width(lines_of(cut).front()), 40U);
    expect_straight(cut);
    expect_straight(table(columns, rows, {.width = 5}));
}

TEST(Table, WideCharactersAreCutWhole) {
    const auto cut = table({{.title = "S", .may_shrink = true}}, {{{"日本語日本語日本語"}}}, {.width = 14});
    expect_straight(cut);
    EXPECT_THAT(cut, HasSubstr("…"));
}

TEST(Harmless, CannotSteerATerminal) {
    EXPECT_EQ(harmless_line("a\x1b[2Jb\nc\td\x7f"), "a\\x1b[2Jb c d\\x7f");
    EXPECT_EQ(harmless_line("\xc2\x9b" "31m"), "\\x9b31m");
    EXPECT_EQ(harmless_line("x\xff"), "x\uFFFD");
    EXPECT_EQ(harmless_line("é日"), "é日");
    EXPECT_EQ(harmless_text("a\n\x1b[2J\n\n"), "a\n\\x1b[2J\n\n");
    EXPECT_EQ(harmless_text(""), "");
    EXPECT_THAT(table({{.title = "A"}}, {{{"\x1b]0;title\x07"}}}, {.color = true}), Not(HasSubstr("\x1b]0")));
}

TEST(Fitted, KeepsTheBeginning) {
    EXPECT_EQ(fitted("abcdef", 6), "abcdef");
    EXPECT_EQ(fitted("abcdef", 5), "abcd…");
    EXPECT_EQ(fitted("abcdef", 1), "…");
    EXPECT_EQ(fitted("abcdef", 0), "");
    EXPECT_EQ(fitted("日本語", 4), "日…");
}

TEST(Panel, IsARoundedBoxWithACentredTitle) {
    const auto text = panel("Run Details: window_2", {{"Status: ", "failed", Tone::bad}, {}, {"  Started:  ", "2025-01-09 14:23:45+00:00"}}, {});
    EXPECT_EQ(text,
              "╭──────────────────────────────────────────────────────╮\n"
              "│                Run Details: window_2                 │\n"
              "├──────────────────────────────────────────────────────┤\n"
              "│ Status: failed                                       │\n"
              "│                                                      │\n"
              "│   Started:  2025-01-09 14:23:45+00:00                │\n"
              "╰──────────────────────────────────────────────────────╯\n");
}

TEST(Panel, GrowsWhenPipedAndContinuesLinesOnATerminal) {
    const std::string word(90, 'w');
    expect_straight(panel("T", {{"Error: ", word}}, {}));
    EXPECT_THAT(panel("T", {{"Error: ", word}}, {}), HasSubstr(word));
    const auto narrow = panel("T", {{"  Error: ", "one two three four five six seven eight nine ten eleven"}, {"", word}}, {.width = 40});
    expect_straight(narrow);
    EXPECT_EQ(core::display_width(lines_of(narrow).front()), 40U);
    std::string joined;
    for (const auto& line : lines_of(narrow)) {
        for (const char c : line) {
            if (c == 'w') { joined += c; }
        }
    }
    EXPECT_EQ(joined.size(), 91U) << "nothing is lost: 90 and the w of two";
    expect_straight(panel("A rather long title that does not fit", {{"", "日本語日本語日本語日本語"}}, {.width = 3}));
}

TEST(Panel, LineBreaksStartNewLines) {
    const auto text = panel("T", {{"  Error: ", "Traceback\n  File x\x1b[0m"}}, {});
    EXPECT_THAT(text, HasSubstr("│   Error: Traceback "));
    EXPECT_THAT(text, HasSubstr("│     File x\\x1b[0m "));
    expect_straight(text);
}

TEST(State, HasTheColoursOfTheRunTable) {
    EXPECT_EQ(state_tone("completed"), Tone::good);
    EXPECT_EQ(state_tone("failed"), Tone::bad);
    EXPECT_EQ(state_tone("running"), Tone::warn);
    EXPECT_EQ(state_tone("nonsense"), Tone::plain);
}

}  // namespace
}  // namespace runlake::cli::render
