// SPDX-License-Identifier: Apache-2.0
// Any bytes as a quoted number: what is read agrees with itself, and the number before a place is one.
#include "kb/number.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace kb = runlake::kb;

RUNLAKE_FUZZ {
    const auto number = kb::parse_quoted(text);
    if (number.ok()) { DEMAND(kb::agrees(number.value(), number.value().value)); }
    const auto span = kb::number_before(text, text.size());
    if (span) { DEMAND(kb::parse_quoted(text.substr(span->begin, span->end - span->begin)).ok()); }
}
