// SPDX-License-Identifier: Apache-2.0
// Inside record only: the traceparent header of W3C Trace Context.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace runlake::record {

// What a traceparent says.
struct TraceParent {
    std::string trace_id;   // 32 hex digits, not all zero
    std::string span_id;    // 16 hex digits, not all zero
    bool sampled = true;
};
// Nothing for what the specification calls invalid. Of a version later than 00 the first four fields are read.
std::optional<TraceParent> parse_traceparent(std::string_view text);
std::string format_traceparent(const TraceParent& parent);  // version 00

}  // namespace runlake::record
