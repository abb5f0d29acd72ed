// SPDX-License-Identifier: Apache-2.0
// Packets of SFTP: as the draft writes them, in pieces, and cut off.
#include <gmock/gmock.h>

#include <string>

#include "sync/sftp_packet.hpp"

namespace runlake::sync::sftp {
namespace {

using ::testing::ElementsAre;

std::string attributes(std::uint32_t mode, std::uint64_t bytes, std::uint32_t time) { return Builder().number(1 | 4 | 8).large(bytes).number(mode).number(time).number(time).take(); }

TEST(SftpPacket, IsTakenOnceItIsWhole) {
    const std::string body = Builder().number(7).number(0).text("ok").text("").take();
    const std::string whole = Builder().number(static_cast<std::uint32_t>(body.size() + 1)).take() + '\x65' + body;
    std::string received;
    for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
        received += whole[i];
        const auto none = next_packet(received, false);
        ASSERT_TRUE(none.ok());
        EXPECT_FALSE(none.value().has_value());
    }
    received += whole.back();
    received += "rest";
    const auto packet = next_packet(received, false);
    ASSERT_TRUE(packet.ok() && packet.value().has_value());
    EXPECT_EQ(packet.value()->first, 7U);
    EXPECT_EQ(packet.value()->second.type, k_status);
    EXPECT_EQ(take_status(packet.value()->second.body).code, k_ok);
    EXPECT_EQ(received, "rest");
}

TEST(SftpPacket, WhatALoginPrintsIsNone) {
    std::string received = "Welcome to this machine\n";
    EXPECT_FALSE(next_packet(received, true).ok());
    received = std::string(4, '\0');
    EXPECT_FALSE(next_packet(received, true).ok());
}

TEST(SftpPacket, NamesWithTheirAttributes) {
    const std::string body = Builder().number(3).text("file").text("-rw").take() + attributes(0100755, 5, 1700000000) + Builder().text("folder").text("").take() + attributes(0040700, 0, 0) +
                             Builder().text("link").text("").take() + attributes(0120777, 0, 0);
    const auto names = take_names(body);
    ASSERT_TRUE(names.ok());
    ASSERT_EQ(names.value().size(), 3U);
    EXPECT_EQ(names.value()[0].attributes.bytes, 5U);
    EXPECT_EQ(names.value()[0].attributes.mtime_ns, 1'700'000'000'000'000'000);
    EXPECT_TRUE(names.value()[0].attributes.executable);
    EXPECT_EQ(names.value()[1].attributes.what, What::folder);
    EXPECT_EQ(names.value()[2].attributes.what, What::link);
    for (std::size_t length = 0; length < body.size(); ++length) { EXPECT_FALSE(take_names(body.substr(0, length)).ok()) << length; }
}

TEST(SftpPacket, ExtensionsAndVersions) {
    const auto found = take_extensions(Builder().number(3).text("a@x").text("1").text("b@x").text("2").take());
    ASSERT_TRUE(found.ok());
    EXPECT_THAT(found.value(), ElementsAre("a@x", "b@x"));
    EXPECT_EQ(take_extensions(Builder().number(2).take()).error().code(), core::Errc::unsupported);
    EXPECT_FALSE(take_extensions(Builder().number(3).text("a@x").take()).ok());
}

}  // namespace
}  // namespace runlake::sync::sftp
