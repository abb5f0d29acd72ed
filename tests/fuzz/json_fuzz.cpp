// SPDX-License-Identifier: Apache-2.0
// Any bytes: JSON that reads is written and read again as the same; what does not read says where.
#include "core/json.hpp"
#include "core/json_fast.hpp"
#include "core/text.hpp"
#include "tests/fuzz/fuzz.hpp"

using runlake::core::parse_json;

RUNLAKE_FUZZ {
    const auto value = parse_json(text, "input");
    // Both ways of reading say the same.
    const auto slow = runlake::core::read_json_slow(text, "input", 200);
    DEMAND(slow.ok() == value.ok());
    if (slow.ok()) { DEMAND(to_json(slow.value()) == to_json(value.value())); }
    if (!value.ok()) {
        DEMAND(value.error().message().starts_with("reading input: line "));
        DEMAND(runlake::core::valid_utf8(value.error().message()) == value.error().message());
        return;
    }
    const auto again = parse_json(to_json(value.value()), "output");
    DEMAND(again.ok() && again.value() == value.value());
    const auto canonical = canonical_json(value.value());
    DEMAND(canonical.ok() && parse_json(canonical.value(), "canonical").ok());
}
