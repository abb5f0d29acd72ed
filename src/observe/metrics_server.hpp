// SPDX-License-Identifier: Apache-2.0
// A small HTTP server for Prometheus: GET /metrics and GET /healthz.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/result.hpp"

namespace runlake::observe {

struct MetricsServerOptions {
    std::string address = "127.0.0.1";
    int port = 9476;                           // 0: any free one
    std::optional<std::string> token;          // demanded as "Authorization: Bearer <token>" when set; required beyond loopback
};

// Serves until stop_fd becomes readable. `page` is called for each scrape, one at a time; its error becomes 503 with the message. `listening` is told the port once
// the socket listens. Errc::usage for an address beyond loopback without a token, Errc::io when it can't listen.
core::Status serve_metrics(const MetricsServerOptions& options, const std::function<core::Result<std::string>()>& page,
                           const std::function<void(int port)>& listening, int stop_fd);

// Whether an address reaches only this machine: 127.0.0.0/8, ::1, localhost.
bool is_loopback(const std::string& address);

}  // namespace runlake::observe
