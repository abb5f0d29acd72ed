// SPDX-License-Identifier: Apache-2.0
// `observe push`: tells every configured receiver of the runs that ended since the last time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "observe/sinks.hpp"
#include "record/settings.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct ObservePushRequest {
    record::Store store;
    record::Settings settings;
    bool follow = false;                                     // go on until wait() says stop
    // Waits that long, or less when it should stop: true then.
    std::function<bool(std::chrono::milliseconds)> wait;
    std::function<void(std::string_view line)> say;          // what goes on, for people
};

struct SinkResult {
    std::string name;
    std::uint64_t delivered = 0;
    std::uint64_t refused = 0;
    std::string refusal;                                     // why the last one was refused
    std::optional<std::string> failure;                      // why it stopped short: the rest is sent the next time
};

struct ObservePushResponse {
    std::vector<SinkResult> sinks;                           // by name; "prometheus-file" among them when it is set
    bool complete() const;                                   // every receiver has everything
};
core::Json to_json(const ObservePushResponse& response);

// Errc::usage when no receiver is configured; Errc::busy when another process pushes to the same receiver. A receiver that is away is no error of this call: see
// SinkResult::failure. Without `follow` each receiver is tried three times.
core::Result<ObservePushResponse> observe_push(const ObservePushRequest& request);

// Header list of a setting: "name=value,name=value", as OTEL_EXPORTER_OTLP_HEADERS has it; values may be percent-encoded.
core::Result<std::vector<std::pair<std::string, std::string>>> parse_headers(std::string_view text);

}  // namespace runlake::ops
