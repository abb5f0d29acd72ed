// SPDX-License-Identifier: Apache-2.0
// `runlake observe serve`
#include "ops/observe_serve.hpp"

#include <array>

#include "cli/command.hpp"
#include "core/text.hpp"
#include "os/stop_signal.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--address", .value = "ADDRESS", .help = "address to listen on (default 127.0.0.1); beyond loopback the setting observe.serve_token is needed"},
    Option{.names = "--port", .value = "N", .help = "port to listen on (default 9476); 0 takes any free one"},
};

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(auto stop, os::StopSignal::install());
    ops::ObserveServeRequest request;
    RL_ASSIGN(request.store, inv.store(record::OpenStore::existing));
    RL_ASSIGN(request.settings, inv.settings());
    request.address = inv.value("--address").value_or("127.0.0.1");
    RL_ASSIGN(const auto port, inv.integer("--port"));
    if (port && (*port < 0 || *port > 65535)) { return core::Error(core::Errc::usage, core::cat("--port: ", *port, " is no port; 0 to 65535 are")); }
    request.port = static_cast<int>(port.value_or(9476));
    request.stop_fd = stop.fd();
    request.listening = [&](int bound) {
        if (inv.json()) {
            inv.answer(core::Json::object().set("address", request.address).set("port", bound).set("path", "/metrics"));
            inv.flush();
        } else {
            inv.say(core::cat("metrics at http://", request.address, ":", bound, "/metrics; Ctrl-C ends it"));
        }
    };
    RL_TRY(ops::observe_serve(request));
    return core::exit_status(core::Errc::interrupted);
}

}  // namespace

extern const Command k_observe_serve = {
    .name = "observe serve", .summary = "Serve a metrics page for Prometheus", .options = k_options, .run = run};

}  // namespace runlake::cli
