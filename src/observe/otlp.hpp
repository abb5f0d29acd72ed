// SPDX-License-Identifier: Apache-2.0
// Ended runs as OpenTelemetry spans in OTLP/JSON (opentelemetry-proto 1.x, trace service): pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "core/result.hpp"
#include "observe/run_feed.hpp"

namespace runlake::observe {

// One ExportTraceServiceRequest as JSON on one line, without a newline. Span name = stage; trace, span and parent ids as recorded; a run without them gets ids
// made from its run_id (trace: all 16 bytes, span: the first 8), so that telling it twice gives the same span. Status: error for failed, stopped and abandoned.
// Params, tags, metrics and the seed's columns are attributes under "runlake."; an exception event carries the error's head.
std::string to_otlp_json(std::span<const EndedRun> runs);

// What a collector answered: the number of spans it rejected and why; nothing when it took all. A body that is no JSON counts as all taken (2xx is the answer).
struct PartialSuccess {
    std::int64_t rejected = 0;
    std::string message;
};
std::optional<PartialSuccess> parse_otlp_answer(std::string_view body);

}  // namespace runlake::observe
