// SPDX-License-Identifier: Apache-2.0
// A rounded box with a centred title, as `runs show` prints:
//
//   ╭──────────────────────────╮
//   │  Run Details: window_2   │
//   ├──────────────────────────┤
//   │ Status: failed           │
//   ╰──────────────────────────╯
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/render/style.hpp"

namespace runlake::cli::render {

// "<label><value>" on one line; only the value has the tone: {"Status: ", "failed", Tone::bad}. An empty line parts sections. Line breaks in the value
// start new lines, indented as the label is.
struct PanelLine {
    std::string label;
    std::string value;
    Tone tone = Tone::plain;
};

// The whole box with a final newline: 56 columns wide, or as wide as its longest line. With look.width, lines that do not fit are continued on the
// next line at the same indentation: nothing is cut.
std::string panel(std::string_view title, const std::vector<PanelLine>& lines, const Look& look);

}  // namespace runlake::cli::render
