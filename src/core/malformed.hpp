// SPDX-License-Identifier: Apache-2.0
// How a text that is not what its format says is told, whichever format: in one form, and with its line.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.hpp"
#include "core/text.hpp"

namespace runlake::core {

// Errc::corrupt at a place of the text `what`; line and column count from 1.
inline Error malformed(std::string_view what, std::uint64_t line, std::uint64_t column, std::string_view why) {
    return Error(Errc::corrupt, cat("reading ", what, ": line ", line, ", column ", column, ": ", why)).at_line(line);
}

}  // namespace runlake::core
