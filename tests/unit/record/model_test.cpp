// SPDX-License-Identifier: Apache-2.0
// Payloads: written and read back, and what is refused.
#include "record/model.hpp"

#include <cmath>
#include <limits>

#include "core/text.hpp"
#include "tests/unit/record/support.hpp"

namespace runlake::record {
namespace {

using core::Errc;
using testing::full_end;
using testing::full_log;
using testing::full_start;

template <class Kind>
Kind back(const std::string& payload) {
    auto record = parse_payload(payload);
    EXPECT_TRUE(record.ok()) << payload << (record.ok() ? "" : record.error().message());
    if (!record.ok()) { ::abort(); }
    auto* kind = std::get_if<Kind>(&record.value());
    EXPECT_NE(kind, nullptr) << payload;
    if (kind == nullptr) { ::abort(); }
    return *kind;
}

TEST(Model, EveryMemberSurvives) {
    EXPECT_EQ(back<StartRecord>(to_payload(full_start())), full_start());
    EXPECT_EQ(back<LogRecord>(to_payload(full_log())), full_log());
    EXPECT_EQ(back<EndRecord>(to_payload(full_end())), full_end());
    const LossRecord loss{{5}, 1, 3, "disk full"};
    EXPECT_EQ(back<LossRecord>(to_payload(loss)), loss);
}

TEST(Model, WhatIsAbsentStaysAbsent) {
    StartRecord start{full_start().header};
    start.stage = "s";
    start.recorder.pid = 1;
    const std::string payload = to_payload(start);
    EXPECT_EQ(back<StartRecord>(payload), start);
    for (const char* name : {"tenant", "params", "tags", "argv", "inputs", "watched", "degraded", "null"}) {
        EXPECT_EQ(payload.find(name), std::string::npos) << name << " in " << payload;
    }
}

TEST(Model, AWatchedProcessOfAnotherNamespaceKeepsItsOwnNames) {
    StartRecord start = full_start();
    start.watched = os::ProcessId{"other-machine", "other-boot", 0, 9, 0};
    EXPECT_EQ(back<StartRecord>(to_payload(start)), start);
}

TEST(Model, MembersMayStandInAnyOrderAndUnknownOnesAreIgnored) {
    const auto log = back<LogRecord>(
        R"({"later":{"deep":[1,{"x":null}]},"n":2,"metrics":{"m":1},"at":5,"step":null,"run":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","kind":"log"})");
    EXPECT_EQ(log.header.n, 2U);
    EXPECT_EQ(log.header.at.micros, 5);
    EXPECT_FALSE(log.step);
    ASSERT_EQ(log.metrics.size(), 1U);
    EXPECT_EQ(log.metrics[0].second, 1.0);
}

TEST(Model, AnUnknownKindIsKept) {
    EXPECT_EQ(back<UnknownRecord>(R"({"kind":"verdict","run":5})").kind, "verdict");
}

TEST(Model, MetricsThatAreNotFiniteSurvive) {
    LogRecord log = full_log();
    log.metrics = {{"a", std::numeric_limits<double>::infinity()}, {"b", -std::numeric_limits<double>::infinity()}, {"c", std::nan("")}};
    const auto read = back<LogRecord>(to_payload(log));
    EXPECT_EQ(read.metrics[0].second, std::numeric_limits<double>::infinity());
    EXPECT_EQ(read.metrics[1].second, -std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(read.metrics[2].second));
}

TEST(Model, TextThatIsNotUtf8IsMadeSo) {
    StartRecord start = full_start();
    start.argv = {"a\xff\xfe", std::string("nul\0byte", 8)};
    const auto read = back<StartRecord>(to_payload(start));
    EXPECT_EQ(read.argv[0], "a\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(read.argv[1], std::string("nul\0byte", 8));
}

TEST(Model, APayloadIsOneLine) {
    for (const auto& payload : {to_payload(full_start()), to_payload(full_log()), to_payload(full_end())}) {
        EXPECT_EQ(payload.find('\n'), std::string::npos);
    }
}

TEST(Model, WhatIsMissingOrOfAnotherTypeIsCorrupt) {
    const std::string run = R"("run":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","at":1,"n":0)";
    const std::string recorder = R"("recorder":{"machine":"m","boot":"b","pid_ns":1,"pid":2,"ticks":3})";
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", "JSON"},
        {"[]", "JSON"},
        {"5", "JSON"},
        {"{", "JSON"},
        {"{}", "kind"},
        {R"({"kind":5})", "kind"},
        {R"({"kind":"start","at":1,"n":0,"stage":"s",)" + recorder + "}", "'run'"},
        {R"({"kind":"start","run":"x","at":1,"n":0,"stage":"s",)" + recorder + "}", "'run'"},
        {R"({"kind":"start",)" + run + "," + recorder + "}", "'stage'"},
        {R"({"kind":"start",)" + run + R"(,"stage":5,)" + recorder + "}", "'stage'"},
        {R"({"kind":"start",)" + run + R"(,"stage":"s"})", "'recorder'"},
        {R"({"kind":"start",)" + run + R"(,"stage":"s","recorder":{}})", "'recorder'"},
        {R"({"kind":"start",)" + run + R"(,"stage":"s","argv":["a",5],)" + recorder + "}", "'argv'"},
        {R"({"kind":"start",)" + run + R"(,"stage":"s","params":[],)" + recorder + "}", "'params'"},
        {R"({"kind":"start",)" + run + R"(,"stage":"s","rows_in":"1",)" + recorder + "}", "'rows_in'"},
        {R"({"kind":"log","run":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","n":0})", "'at'"},
        {R"({"kind":"log",)" + run + R"(,"metrics":{"m":"much"}})", "'metrics'"},
        {R"({"kind":"end",)" + run + R"(,"duration_seconds":1})", "'state'"},
        {R"({"kind":"end",)" + run + R"(,"duration_seconds":1,"state":"resting"})", "'state'"},
        {R"({"kind":"end",)" + run + R"(,"state":"failed"})", "'duration_seconds'"},
        {R"({"kind":"end",)" + run + R"(,"state":"failed","duration_seconds":1,"exit_status":99999999999})", "'exit_status'"},
        {R"({"kind":"end",)" + run + R"(,"state":"failed","duration_seconds":1,"start":{"kind":"start"}})", "'start'"},
        {R"({"kind":"loss","at":1})", "'count'"},
    };
    for (const auto& [payload, named] : cases) {
        const auto record = parse_payload(payload);
        ASSERT_FALSE(record.ok()) << payload;
        EXPECT_EQ(record.error().code(), Errc::corrupt) << payload;
        EXPECT_NE(record.error().message().find(named), std::string::npos) << payload << ": " << record.error().message();
    }
}

TEST(Model, NestingIsLimited) {
    const auto nested = [](int depth) {
        return R"({"kind":"log","run":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","at":1,"n":0,"params":{"x":)" + std::string(static_cast<std::size_t>(depth), '[') +
               std::string(static_cast<std::size_t>(depth), ']') + "}}";
    };
    EXPECT_TRUE(parse_payload(nested(100)).ok());
    EXPECT_FALSE(parse_payload(nested(300)).ok());
    EXPECT_FALSE(parse_payload(nested(100000)).ok());
}

TEST(Model, APlainRunTakesLessThanAKilobyte) {
    StartRecord start{full_start().header};
    start.stage = "true";
    start.argv = {"true"};
    start.working_dir = ".";
    start.trace_id = full_start().trace_id;
    start.span_id = full_start().span_id;
    start.recorder = full_start().recorder;
    start.watched = full_start().watched;
    start.host = "node-1";
    start.facts.code_ref = std::string(40, 'a');
    EndRecord end{start.header};
    end.state = RunState::completed;
    end.duration_seconds = 0.0123456;
    end.exit_status = 0;
    end.facts.environment = std::string(64, 'a');
    end.facts.input_fingerprint = "input_fingerprint/1:" + std::string(64, 'a');
    end.facts.config_hash = "config_hash/1:" + std::string(64, 'a');
    EXPECT_LE(to_payload(start).size() + to_payload(end).size() + 24, 1024U);
}

TEST(States, NamesAndTheirNearest) {
    EXPECT_EQ(state_name(RunState::abandoned), "abandoned");
    for (int i = 0; i <= static_cast<int>(RunState::cached); ++i) {
        const auto state = static_cast<RunState>(i);
        const auto parsed = parse_state(state_name(state));
        ASSERT_TRUE(parsed.ok());
        EXPECT_EQ(parsed.value(), state);
    }
    const auto wrong = parse_state("complted");
    ASSERT_FALSE(wrong.ok());
    EXPECT_EQ(wrong.error().code(), Errc::usage);
    EXPECT_NE(wrong.error().message().find("did you mean 'completed'"), std::string::npos) << wrong.error().message();
}

TEST(CutError, KeepsAHeadAndTheWholeLength) {
    EXPECT_EQ(cut_error("short").head, "short");
    EXPECT_EQ(cut_error("short").whole_bytes, 5U);
    // 499 letters and a three-byte sign: the sign would be split.
    const auto cut = cut_error(std::string(499, 'x') + "\u20ac and more");
    EXPECT_EQ(cut.head, std::string(499, 'x'));
    EXPECT_EQ(cut.whole_bytes, 499U + 3U + 9U);
    EXPECT_EQ(cut_error("token=abcdefghijklmnop").head.find("abcdefgh"), std::string::npos);
}

}  // namespace
}  // namespace runlake::record
