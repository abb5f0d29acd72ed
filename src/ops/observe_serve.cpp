// SPDX-License-Identifier: Apache-2.0
#include "ops/observe_serve.hpp"

#include "observe/metrics_server.hpp"
#include "ops/metrics_page.hpp"

namespace runlake::ops {

core::Status observe_serve(const ObserveServeRequest& request) {
    observe::MetricsServerOptions options;
    options.address = request.address;
    options.port = request.port;
    options.token = request.settings.text_if("observe.serve_token");
    return observe::serve_metrics(options, [&request] { return metrics_page(request.store); }, request.listening, request.stop_fd);
}

}  // namespace runlake::ops
