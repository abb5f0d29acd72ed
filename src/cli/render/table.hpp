// SPDX-License-Identifier: Apache-2.0
// Tables with a heavy header and a light body:
//
//   ┏━━━━━━━━━━┳━━━━━━━━━┓
//   ┃ Run ID   ┃ Rows In ┃
//   ┡━━━━━━━━━━╇━━━━━━━━━┩
//   │ a0eebc99 │ 150     │
//   └──────────┴─────────┘
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/render/style.hpp"

namespace runlake::cli::render {

enum class Align : std::uint8_t { left, right };

struct Column {
    std::string title;
    Align align = Align::left;
    // Loses width first when the table does not fit. Ids, states and times should not.
    bool may_shrink = false;
};

struct Cell {
    std::string text;  // any bytes: made harmless; show what is missing as "-"
    Tone tone = Tone::plain;
};

using Row = std::vector<Cell>;

// The whole table with a final newline; just the header when there are no rows. A row shorter than the header is filled with empty cells, a longer one is cut.
// With look.width, columns that may shrink get narrower (to 8 at least, then all of them to 3) until the table fits.
std::string table(const std::vector<Column>& columns, const std::vector<Row>& rows, const Look& look);

}  // namespace runlake::cli::render
