// SPDX-License-Identifier: Apache-2.0
// How text reaches a terminal: colours by meaning, and text from outside made harmless.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace runlake::cli::render {

// What a piece of text means; the colour follows from it.
enum class Tone : std::uint8_t { plain, good, bad, warn, faint, strong };

// How to render. The default is what a pipe gets: no colour, nothing cut.
struct Look {
    bool color = false;  // Invocation::color()
    int width = 0;       // columns to fit into, 0: as wide as it needs; Invocation::width()
};

// The tone of a run's state as the tables show it: completed good, failed bad, running warn, ...
Tone state_tone(std::string_view state);

// The text between the escape sequences of its tone; the text alone without colour, for Tone::plain and for an empty text.
std::string painted(std::string_view text, Tone tone, bool color);

// One line that cannot steer a terminal: invalid UTF-8 becomes U+FFFD, line breaks and tabs a space, other control characters "\x1b".
std::string harmless_line(std::string_view text);

// The same of each line of a text.
std::string harmless_text(std::string_view text);

// The longest beginning that needs at most `width` columns, with an ellipsis in its last column when something was cut.
std::string fitted(std::string_view text, std::size_t width);

}  // namespace runlake::cli::render
