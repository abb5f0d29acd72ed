// SPDX-License-Identifier: Apache-2.0
#include "observe/webhook.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"
#include "tests/unit/observe/runs.hpp"

namespace runlake::observe {
namespace {

// RFC 4231, test cases 1, 2, 3 and 6.
TEST(Webhook, HmacMatchesThePublishedVectors) {
    EXPECT_EQ(hmac_sha256_hex(std::string(20, '\x0b'), "Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hmac_sha256_hex("Jefe", "what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hmac_sha256_hex(std::string(20, '\xaa'), std::string(50, '\xdd')), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    EXPECT_EQ(hmac_sha256_hex(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Webhook, SignatureCoversTimeAndBody) {
    EXPECT_EQ(webhook_signature("s", 7, "body"), hmac_sha256_hex("s", "7.body"));
    EXPECT_NE(webhook_signature("s", 7, "body"), webhook_signature("s", 8, "body"));
}

TEST(Webhook, SaysWhatEndedAndNothingThatCouldBeSecret) {
    EndedRun run = test::ended_run(3, record::RunState::failed);
    run.start.argv = {"train", "--data", "/home/ada/secret.csv"};
    run.start.params.set("lr", 0.1);
    run.start.tags.set("team", "blue");
    run.end.exit_status = 2;
    const auto parsed = core::parse_json(webhook_body(run), "test");
    ASSERT_TRUE(parsed.ok());
    const auto& body = parsed.value();
    EXPECT_EQ(body.string_at("event"), "run.failed");
    EXPECT_EQ(body.string_at("delivery"), run.start.header.run.str() + "/failed");
    EXPECT_EQ(body.integer_at("exit_status"), 2);
    EXPECT_EQ(body.string_at("started_at"), "2025-01-09T14:23:15.000042Z");
    EXPECT_EQ(body.find("tags")->string_at("team"), "blue");
    EXPECT_TRUE(body.find("tenant")->is_null());
    EXPECT_EQ(body.find("argv"), nullptr);
    EXPECT_EQ(body.find("params"), nullptr);
}

}  // namespace
}  // namespace runlake::observe
