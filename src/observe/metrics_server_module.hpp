// SPDX-License-Identifier: Apache-2.0
// Inside observe only: the one function of the module librunlake_http.so, which is built together with whoever calls it.
#pragma once

#include <functional>
#include <string>

#include "observe/metrics_server.hpp"

namespace runlake::observe {

struct MetricsServerCall {
    const MetricsServerOptions* options;
    const std::function<core::Result<std::string>()>* page;
    const std::function<void(int port)>* listening;
    int stop_fd;
};

extern "C" void runlake_serve_metrics(const MetricsServerCall* call, core::Status* outcome);

}  // namespace runlake::observe
