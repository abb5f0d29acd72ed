// SPDX-License-Identifier: Apache-2.0
#include "observe/otlp.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"
#include "tests/unit/observe/runs.hpp"

namespace runlake::observe {
namespace {

using core::Json;

Json only_span(const EndedRun& run) {
    auto parsed = core::parse_json(to_otlp_json(std::span(&run, 1)), "test");
    EXPECT_TRUE(parsed.ok());
    const Json* resources = parsed.value().find("resourceSpans");
    const Json* scopes = resources->as_array()->at(0).find("scopeSpans");
    return scopes->as_array()->at(0).find("spans")->as_array()->at(0);
}

Json attribute(const Json& span, std::string_view key) {
    for (const Json& entry : *span.find("attributes")->as_array()) {
        if (entry.string_at("key") == key) { return *entry.find("value"); }
    }
    return {};
}

TEST(Otlp, TimesAreNanosecondsAsStringsAndIdsAreHex) {
    EndedRun run = test::ended_run();
    run.start.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    run.start.span_id = "00f067aa0ba902b7";
    run.start.parent_span_id = "b7ad6b7169203331";
    const Json span = only_span(run);
    EXPECT_EQ(span.string_at("traceId"), "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_EQ(span.string_at("spanId"), "00f067aa0ba902b7");
    EXPECT_EQ(span.string_at("parentSpanId"), "b7ad6b7169203331");
    EXPECT_EQ(span.string_at("startTimeUnixNano"), "1736432595000042000");
    EXPECT_EQ(span.string_at("endTimeUnixNano"), "1736432607450042000");
    EXPECT_EQ(span.string_at("name"), "fit");
    EXPECT_EQ(span.find("status")->integer_at("code"), 1);
}

TEST(Otlp, ARunWithoutTraceGetsIdsOfItsOwnThatStayTheSame) {
    const EndedRun run = test::ended_run(7);
    const Json span = only_span(run);
    EXPECT_EQ(span.string_at("traceId")->size(), 32U);
    EXPECT_EQ(span.string_at("spanId")->size(), 16U);
    EXPECT_EQ(to_otlp_json(std::span(&run, 1)), to_otlp_json(std::span(&run, 1)));
}

TEST(Otlp, FailureCarriesTheErrorAsStatusAndEvent) {
    EndedRun run = test::ended_run(1, record::RunState::failed);
    run.end.error = record::ErrorText{.head = "ValueError: no \"rows\"", .whole_bytes = 21, .file = {}};
    const Json span = only_span(run);
    EXPECT_EQ(span.find("status")->integer_at("code"), 2);
    EXPECT_EQ(span.find("status")->string_at("message"), "ValueError: no \"rows\"");
    EXPECT_EQ(span.find("events")->as_array()->at(0).string_at("name"), "exception");
}

TEST(Otlp, EachKindOfValueKeepsItsKind) {
    EndedRun run = test::ended_run();
    run.start.params.set("lr", 0.1).set("epochs", 3).set("fast", true).set("name", "a").set("layers", Json(core::JsonArray{Json(1), Json(2)}));
    run.facts.rows_out = 9'007'199'254'740'993;
    run.metrics = {{"rmse", 0.25}};
    const Json span = only_span(run);
    EXPECT_EQ(attribute(span, "runlake.param.lr").number_at("doubleValue"), 0.1);
    EXPECT_EQ(attribute(span, "runlake.param.epochs").string_at("intValue"), "3");
    EXPECT_EQ(attribute(span, "runlake.param.fast").bool_at("boolValue"), true);
    EXPECT_EQ(attribute(span, "runlake.param.name").string_at("stringValue"), "a");
    EXPECT_EQ(attribute(span, "runlake.param.layers").string_at("stringValue"), "[1,2]");
    EXPECT_EQ(attribute(span, "runlake.rows_out").string_at("intValue"), "9007199254740993");
    EXPECT_EQ(attribute(span, "runlake.metric.rmse").number_at("doubleValue"), 0.25);
}

TEST(Otlp, AClockThatWasSetBackGivesNoSpanThatEndsBeforeItBegins) {
    EndedRun run = test::ended_run();
    run.end.header.at = {run.start.header.at.micros - 5'000'000};
    const Json span = only_span(run);
    EXPECT_EQ(span.string_at("startTimeUnixNano"), span.string_at("endTimeUnixNano"));
}

TEST(Otlp, AnswersThatTakeAllOrReject) {
    EXPECT_FALSE(parse_otlp_answer("{}"));
    EXPECT_FALSE(parse_otlp_answer(""));
    EXPECT_FALSE(parse_otlp_answer("<html>"));
    EXPECT_FALSE(parse_otlp_answer(R"({"partialSuccess":{}})"));
    const auto rejected = parse_otlp_answer(R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}})");
    ASSERT_TRUE(rejected);
    EXPECT_EQ(rejected->rejected, 2);
    EXPECT_EQ(rejected->message, "too old");
}

}  // namespace
}  // namespace runlake::observe
