// SPDX-License-Identifier: Apache-2.0
// The HTTP server itself, in a module that is loaded when it is first needed: cpp-httplib is a shared library that brings OpenSSL and Brotli, which no other
// command should load.
#include <httplib.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>

#include "core/text.hpp"
#include "observe/metrics_server_module.hpp"

namespace runlake::observe {

using core::Errc;
using core::Error;

namespace {

// In time that does not depend on where the first difference is.
bool equal_secret(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) { return false; }
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) { difference |= static_cast<unsigned>(a[i] ^ b[i]); }
    return difference == 0;
}

core::Status serve(const MetricsServerOptions& options, const std::function<core::Result<std::string>()>& page,
                   const std::function<void(int port)>& listening, int stop_fd) {
    httplib::Server server;
    server.set_keep_alive_max_count(100);
    server.set_read_timeout(5);
    server.set_write_timeout(5);
    server.set_payload_max_length(4096);  // nothing is ever posted
    server.new_task_queue = [] { return new httplib::ThreadPool(4); };  // the server owns and deletes it

    std::mutex one_at_a_time;
    server.set_pre_routing_handler([&](const httplib::Request& request, httplib::Response& response) {
        if (options.token && !equal_secret(request.get_header_value("Authorization"), "Bearer " + *options.token)) {
            response.status = 401;
            response.set_header("WWW-Authenticate", "Bearer");
            response.set_content("a token is needed\n", "text/plain; charset=utf-8");
            return httplib::Server::HandlerResponse::Handled;
        }
        return httplib::Server::HandlerResponse::Unhandled;
    });
    server.Get("/metrics", [&](const httplib::Request&, httplib::Response& response) {
        const std::lock_guard<std::mutex> lock(one_at_a_time);
        auto text = page();
        if (!text.ok()) {
            response.status = 503;
            response.set_content(text.error().message() + "\n", "text/plain; charset=utf-8");
            return;
        }
        response.set_content(text.value(), "text/plain; version=0.0.4; charset=utf-8");
    });
    server.Get("/healthz", [](const httplib::Request&, httplib::Response& response) { response.set_content("ok\n", "text/plain; charset=utf-8"); });

    int port = options.port;
    if (port == 0) {
        port = server.bind_to_any_port(options.address);
    } else if (!server.bind_to_port(options.address, port)) {
        port = -1;
    }
    if (port < 0) {
        return Error(Errc::io, core::cat("serving metrics on ", options.address, ":", options.port, ": the address is in use or not this machine's"));
    }
    // The socket is bound; httplib listens in the call below, so connections wait in between at worst.
    listening(port);
    std::atomic<bool> ended = false;
    bool served = false;
    // No more threads: httplib throws for those that answer, the library for this one.
    const auto listen = [&] {
        try {
            served = server.listen_after_bind();
        } catch (const std::exception&) {
            served = false;
        }
        ended = true;
    };
    std::thread serving;
    try {
        serving = std::thread(listen);
    } catch (const std::exception&) {
        return Error(Errc::io, core::cat("serving metrics on ", options.address, ":", port, ": a thread could not be started"));
    }
    pollfd waiting{.fd = stop_fd, .events = POLLIN, .revents = 0};
    // The time limit is for the case that the server ends by itself; poll() being interrupted is no reason to stop.
    while (!ended && poll(&waiting, 1, 500) <= 0) {}
    // stop() does nothing before the server runs: wait until it has begun.
    while (!ended && !server.is_running()) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
    server.stop();
    serving.join();
    return served ? core::ok() : core::Status(Error(Errc::io, core::cat("serving metrics on ", options.address, ":", port, ": listening failed")));
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void runlake_serve_metrics(const MetricsServerCall* call, core::Status* outcome) {
    *outcome = serve(*call->options, *call->page, *call->listening, call->stop_fd);
}

}  // namespace runlake::observe
