// SPDX-License-Identifier: Apache-2.0
// `observe serve`: a metrics page for Prometheus, on loopback unless told otherwise.
#pragma once

#include <functional>
#include <string>

#include "core/result.hpp"
#include "record/settings.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct ObserveServeRequest {
    record::Store store;
    record::Settings settings;                      // observe.serve_token is demanded of scrapers when it is set, and needed beyond loopback
    std::string address = "127.0.0.1";
    int port = 9476;                                // 0: any free one
    int stop_fd = -1;                               // readable: stop
    std::function<void(int port)> listening;
};

// Serves until it is told to stop. Errc::usage for an address beyond loopback without a token, Errc::io when it can't listen.
core::Status observe_serve(const ObserveServeRequest& request);

}  // namespace runlake::ops
