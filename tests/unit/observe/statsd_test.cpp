// SPDX-License-Identifier: Apache-2.0
#include "observe/statsd.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/text.hpp"
#include "tests/unit/observe/runs.hpp"

namespace runlake::observe {
namespace {

TEST(StatsD, OneRunGivesACountATimeAndItsCounters) {
    EndedRun run = test::ended_run();
    run.start.tenant = "acme";
    run.facts.rows_out = 150;
    const auto datagrams = to_statsd(std::span(&run, 1));
    ASSERT_EQ(datagrams.size(), 1U);
    EXPECT_EQ(datagrams[0],
              "runlake.runs:1|c|#stage:fit,state:completed,tenant:acme\n"
              "runlake.run.duration:12450|ms|#stage:fit,state:completed,tenant:acme\n"
              "runlake.run.rows_out:150|c|#stage:fit,state:completed,tenant:acme");
}

TEST(StatsD, NamesCannotBreakTheProtocol) {
    EndedRun run = test::ended_run();
    run.start.stage = "a|b:c\nrunlake.runs:9|c#x,y@z";
    const auto datagrams = to_statsd(std::span(&run, 1));
    EXPECT_NE(datagrams[0].find("stage:a_b_c_runlake.runs_9_c_x_y_z,"), std::string::npos);
}

TEST(StatsD, DatagramsHoldWholeLinesBelowTheLimit) {
    const std::vector<EndedRun> runs(300, test::ended_run());
    std::size_t lines = 0;
    for (const std::string& datagram : to_statsd(runs)) {
        EXPECT_LE(datagram.size(), 1432U);
        for (const auto line : core::split(datagram, '\n')) {
            EXPECT_TRUE(line.starts_with("runlake.run"));
            ++lines;
        }
    }
    EXPECT_EQ(lines, 600U);
}

TEST(StatsD, ArrivesOverUdp) {
    const int receiver = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(bind(receiver, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t length = sizeof address;
    getsockname(receiver, reinterpret_cast<sockaddr*>(&address), &length);
    const std::vector<std::string> sent = {"runlake.runs:1|c"};
    ASSERT_TRUE(send_statsd(core::cat("127.0.0.1:", ntohs(address.sin_port)), sent).ok());
    char buffer[64] = {};
    EXPECT_EQ(recv(receiver, buffer, sizeof buffer, 0), 16);
    EXPECT_STREQ(buffer, "runlake.runs:1|c");
    close(receiver);
}

TEST(StatsD, WrongAddressesAreRefused) {
    const std::vector<std::string> nothing;
    for (const char* address : {"", ":8125", "host:", "host:0", "host:65536", "host:x"}) {
        const auto status = send_statsd(address, nothing);
        ASSERT_FALSE(status.ok()) << address;
        EXPECT_EQ(status.error().code(), core::Errc::usage) << address;
    }
    EXPECT_TRUE(send_statsd("[::1]:8125", nothing).ok());
    EXPECT_TRUE(send_statsd("127.0.0.1", nothing).ok());
}

}  // namespace
}  // namespace runlake::observe
