// SPDX-License-Identifier: Apache-2.0
// Where ended runs are sent: one sink a configured receiver, each with its own rules for what is refused and what is tried again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "observe/run_feed.hpp"

namespace runlake::observe {

struct SinkSettings {
    std::optional<std::string> otlp_endpoint;   // base address; "/v1/traces" is added unless it ends so
    std::vector<std::pair<std::string, std::string>> otlp_headers;
    std::optional<std::string> otlp_file;       // a line of OTLP/JSON a batch is appended
    std::optional<std::string> statsd_address;
    std::optional<std::string> webhook_url;
    std::optional<std::string> webhook_secret;
};

struct Delivery {
    std::uint64_t delivered = 0;
    std::uint64_t refused = 0;                   // the receiver will never take them: they are passed over
    std::string refusal;                         // why, of the last one
};

class Sink {
  public:
    virtual ~Sink() = default;
    virtual const std::string& name() const = 0;   // "otlp-http", "otlp-file", "statsd", "webhook": also the name of its cursor
    // All of them, or an error when it should be tried again later (not reachable, overloaded, wrong address or credentials). May be told the same run twice.
    virtual core::Result<Delivery> deliver(std::span<const EndedRun> runs) = 0;
    // How many runs one call should be given: what is told twice after a failure.
    virtual std::size_t batch() const { return 512; }
    // The pause that the receiver asked for with its last error.
    virtual std::optional<std::chrono::seconds> retry_after() const { return std::nullopt; }
};

// A sink for each receiver that is set. Errc::usage for a webhook without a secret.
core::Result<std::vector<std::unique_ptr<Sink>>> make_sinks(const SinkSettings& settings, const core::Clock& clock);

}  // namespace runlake::observe
