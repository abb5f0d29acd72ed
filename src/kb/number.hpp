// SPDX-License-Identifier: Apache-2.0
// Numbers as people write them, and whether a metric agrees with one: decimal arithmetic, nothing is rounded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::kb {

// +-digits x 10^exponent. Digits without leading zeros, "0" for zero.
struct Decimal {
    bool negative = false;
    std::string digits = "0";
    int exponent = 0;
};

struct QuotedNumber {
    Decimal value;            // what it stands for: 3.1% is 0.031
    int unit = 0;             // the last written digit counts 10^unit (after the percent sign)
    bool is_percent = false;
};

// Reads a quoted number: sign (- or U+2212), digits with marks of thousands (, _ ' and thin or fixed spaces, \, and {,} of LaTeX; groups of three), a decimal point, an
// exponent (e-3, x10^-3 with U+00D7 or \times or \cdot, superscript digits), a percent sign (% or \%). Errc::usage for anything else, for more than 100 digits and for
// exponents beyond 400.
core::Result<QuotedNumber> parse_quoted(std::string_view text);

// A metric as a decimal: the digits that stand in its file, or the shortest that read back as the same double. Nothing for what is no finite number.
std::optional<Decimal> decimal_of(const core::Json& metric);

// Whether the metric lies within half a unit of the last written digit, both ends included.
bool agrees(const QuotedNumber& quoted, const Decimal& metric);

// Where the number that ends right before `end` begins, spaces, closing marks of emphasis, quotes and brackets between them passed over; nothing when there is none.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
};
std::optional<Span> number_before(std::string_view text, std::size_t end);

}  // namespace runlake::kb
