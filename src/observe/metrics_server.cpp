// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics_server.hpp"

#include <arpa/inet.h>

#include "core/text.hpp"
#include "observe/metrics_server_module.hpp"
#include "os/shared_library.hpp"
#include "os/system.hpp"

namespace runlake::observe {

using core::Errc;
using core::Error;

bool is_loopback(const std::string& address) {
    if (address == "localhost" || address == "::1") { return true; }
    in_addr parsed{};
    return inet_pton(AF_INET, address.c_str(), &parsed) == 1 && (ntohl(parsed.s_addr) >> 24U) == 127U;
}

core::Status serve_metrics(const MetricsServerOptions& options, const std::function<core::Result<std::string>()>& page,
                           const std::function<void(int port)>& listening, int stop_fd) {
    if (!is_loopback(options.address) && !options.token) {
        return Error(Errc::usage, core::cat("serving metrics on ", options.address,
                                            ": an address beyond loopback needs a token (setting observe.serve_token)"));
    }
    RL_ASSIGN(const auto module, os::SharedLibrary::load({os::private_lib_dir() + "/librunlake_http.so"}));
    RL_ASSIGN(void* const found, module.symbol("runlake_serve_metrics"));
    const MetricsServerCall call{.options = &options, .page = &page, .listening = &listening, .stop_fd = stop_fd};
    auto outcome = core::ok();
    reinterpret_cast<decltype(&runlake_serve_metrics)>(found)(&call, &outcome);
    return outcome;
}

}  // namespace runlake::observe
