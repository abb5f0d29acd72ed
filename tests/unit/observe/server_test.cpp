// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::observe {
namespace {

std::string request(int port, const std::string& text) {
    const os::Fd socket_fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) { return "no connection"; }
    if (send(socket_fd.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) { return "not sent"; }
    std::string answer;
    char buffer[4096];
    for (ssize_t got = 0; (got = recv(socket_fd.get(), buffer, sizeof buffer, 0)) > 0;) { answer.append(buffer, static_cast<std::size_t>(got)); }
    return answer;
}

// A server in a thread that stops when the test ends.
class Serving {
  public:
    explicit Serving(std::optional<std::string> token, core::Result<std::string> page) {
        EXPECT_EQ(pipe(pipe_), 0);
        std::promise<int> bound;
        auto port = bound.get_future();
        thread_ = std::thread([this, token, page, &bound] {
            MetricsServerOptions options{.address = "127.0.0.1", .port = 0, .token = token};
            bool told = false;
            const auto listening = [&](int number) {
                told = true;
                bound.set_value(number);
            };
            const auto status = serve_metrics(options, [page] { return page; }, listening, pipe_[0]);
            EXPECT_TRUE(status.ok()) << status.error().message();
            if (!told) { bound.set_value(0); }
        });
        port_ = port.get();
    }
    ~Serving() {
        close(pipe_[1]);
        thread_.join();
        close(pipe_[0]);
    }
    std::string get(const std::string& path, const std::string& headers = "") const {
        return request(port_, core::cat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", headers, "\r\n"));
    }

  private:
    int pipe_[2] = {};
    int port_ = 0;
    std::thread thread_;
};

TEST(MetricsServer, GivesThePageAndNothingElse) {
    const Serving serving(std::nullopt, std::string("runlake_runs_total 1\n"));
    const std::string answer = serving.get("/metrics");
    EXPECT_NE(answer.find("200 OK"), std::string::npos);
    EXPECT_NE(answer.find("text/plain; version=0.0.4"), std::string::npos);
    EXPECT_NE(answer.find("\r\n\r\nrunlake_runs_total 1\n"), std::string::npos);
    EXPECT_NE(serving.get("/healthz").find("200 OK"), std::string::npos);
    EXPECT_NE(serving.get("/../etc/passwd").find("404"), std::string::npos);
}

TEST(MetricsServer, WithATokenOnlyItsBearerIsAnswered) {
    const Serving serving("open sesame", std::string("page\n"));
    EXPECT_NE(serving.get("/metrics").find(" 401 "), std::string::npos);
    EXPECT_NE(serving.get("/metrics", "Authorization: Bearer open sesamf\r\n").find(" 401 "), std::string::npos);
    EXPECT_NE(serving.get("/metrics", "Authorization: Bearer open sesame\r\n").find(" 200 "), std::string::npos);
}

TEST(MetricsServer, AFailureIsToldAsUnavailable) {
    const Serving serving(std::nullopt, core::Error(core::Errc::io, "reading journal x: permission denied"));
    const std::string answer = serving.get("/metrics");
    EXPECT_NE(answer.find(" 503 "), std::string::npos);
    EXPECT_NE(answer.find("permission denied"), std::string::npos);
}

TEST(MetricsServer, BeyondLoopbackATokenIsNeeded) {
    for (const char* address : {"0.0.0.0", "::", "192.168.0.1", "example.org", "127.0.0.1.example.org"}) {
        MetricsServerOptions options{.address = address, .port = 0, .token = std::nullopt};
        const auto status = serve_metrics(options, [] { return core::Result<std::string>(std::string()); }, [](int) {}, -1);
        ASSERT_FALSE(status.ok()) << address;
        EXPECT_EQ(status.error().code(), core::Errc::usage);
    }
    for (const char* address : {"127.0.0.1", "127.8.9.10", "::1", "localhost"}) { EXPECT_TRUE(is_loopback(address)) << address; }
}

}  // namespace
}  // namespace runlake::observe
