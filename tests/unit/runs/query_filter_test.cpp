// SPDX-License-Identifier: Apache-2.0
#include "runs/query_filter.hpp"

#include <gmock/gmock.h>

#include "tests/unit/runs/query_fixture.hpp"

namespace runlake::runs {
namespace {

using testing::HasSubstr;

Condition parsed(ConditionOn on, std::string_view text) {
    auto condition = parse_condition(on, text);
    EXPECT_TRUE(condition.ok()) << text << (condition.ok() ? "" : condition.error().message());
    return condition.ok() ? condition.value() : Condition{};
}

std::string refusal(ConditionOn on, std::string_view text) {
    auto condition = parse_condition(on, text);
    EXPECT_FALSE(condition.ok()) << text;
    if (condition.ok()) { return ""; }
    EXPECT_EQ(condition.error().code(), core::Errc::usage);
    return condition.error().message();
}

TEST(ParseCondition, EveryOperator) {
    const std::vector<std::pair<std::string, Compare>> texts{{"lr=1", Compare::equal},          {"lr==1", Compare::equal},
                                                             {"lr!=1", Compare::not_equal},     {"lr<1", Compare::less},
                                                             {"lr<=1", Compare::less_or_equal}, {"lr>1", Compare::greater},
                                                             {"lr>=1", Compare::greater_or_equal}};
    for (const auto& [text, compare] : texts) {
        const Condition condition = parsed(ConditionOn::param, text);
        EXPECT_EQ(condition.name, "lr") << text;
        EXPECT_EQ(condition.compare, compare) << text;
        EXPECT_EQ(condition.value, "1") << text;
        EXPECT_EQ(condition.number, 1.0) << text;
    }
}

TEST(ParseCondition, SpacesAroundPartsAndOperatorsInValues) {
    const Condition spaced = parsed(ConditionOn::metric, " rmse  <=  0.3 ");
    EXPECT_EQ(spaced.name, "rmse");
    EXPECT_EQ(spaced.number, 0.3);
    EXPECT_EQ(parsed(ConditionOn::tag, "url=http://a?b=c").value, "http://a?b=c");
    EXPECT_EQ(parsed(ConditionOn::param, "model=").value, "");
    EXPECT_EQ(parsed(ConditionOn::metric, "gain>-1e-3").number, -1e-3);
}

TEST(ParseCondition, RefusesWhatMeansNothing) {
    EXPECT_THAT(refusal(ConditionOn::param, "lr"), HasSubstr("--param \"lr\""));
    EXPECT_THAT(refusal(ConditionOn::param, "=1"), HasSubstr("name is missing"));
    EXPECT_THAT(refusal(ConditionOn::param, "lr>big"), HasSubstr("\"big\" is no number"));
    EXPECT_THAT(refusal(ConditionOn::param, "lr!1"), HasSubstr("must be one of"));
    EXPECT_THAT(refusal(ConditionOn::metric, "rmse=good"), HasSubstr("is no number"));
    EXPECT_THAT(refusal(ConditionOn::tag, "team>core"), HasSubstr("= or !="));
    EXPECT_THAT(refusal(ConditionOn::tag, "team=\xff"), HasSubstr("UTF-8"));
    refusal(ConditionOn::tag, "");
}

TEST(ParsePoint, DurationsCountBackAndTimesStand) {
    const core::Timestamp now{1'700'000'000'000'000};
    EXPECT_EQ(parse_point("2h", now).take().micros, now.micros - 7'200'000'000);
    EXPECT_EQ(parse_point("30d", now).take().micros, now.micros - 30LL * 86'400'000'000);
    EXPECT_EQ(core::format_iso(parse_point("2025-01-09", now).take()), "2025-01-09T00:00:00.000000Z");
    EXPECT_EQ(core::format_iso(parse_point("2025-01-09T14:23:15+01:00", now).take()), "2025-01-09T13:23:15.000000Z");
    EXPECT_EQ(parse_point("100000w", now).take().micros, 0);
    for (const std::string_view wrong : {"", "soon", "2025-02-30", "-2h", "2 hours ago"}) {
        const auto point = parse_point(wrong, now);
        ASSERT_FALSE(point.ok()) << wrong;
        EXPECT_EQ(point.error().code(), core::Errc::usage);
    }
}

TEST(ParseShownState, NamesTheNearest) {
    EXPECT_EQ(parse_shown_state("unwatched").take(), "unwatched");
    EXPECT_EQ(parse_shown_state("degraded").take(), "degraded");
    const auto wrong = parse_shown_state("complete");
    ASSERT_FALSE(wrong.ok());
    EXPECT_EQ(wrong.error().code(), core::Errc::usage);
    EXPECT_THAT(wrong.error().message(), HasSubstr("did you mean completed?"));
}

TEST(WhereClause, HoldsNoValueOfTheUser) {
    Filter filter{.tenant = "x' OR 1=1 --", .stages = {"'; DROP TABLE runs; --", "fit*"}, .states = {"failed"}};
    filter.tags.push_back(parsed(ConditionOn::tag, "k'=v'"));
    filter.params.push_back(parsed(ConditionOn::param, "p'=q'"));
    filter.metrics.push_back(parsed(ConditionOn::metric, "m'>1"));
    filter.since = core::Timestamp{1};
    const QueryText query = where_clause(filter, {});
    EXPECT_EQ(query.sql().find('\''), std::string::npos) << query.sql();
    EXPECT_EQ(std::ranges::count(query.sql(), '?'), static_cast<std::ptrdiff_t>(query.values().size()));
    EXPECT_EQ(where_clause({}, {}).sql(), "");
}

class FilterTest : public QueryTest {};

TEST_F(FilterTest, StagesByNameAndPattern) {
    add("a1", 1, "fit");
    add("a2", 2, "window_1");
    add("a3", 3, "window_2");
    add("a4", 4, "fit[1]");
    EXPECT_EQ(found({}), "a4 a3 a2 a1");
    EXPECT_EQ(found({.stages = {"fit"}}), "a1");
    EXPECT_EQ(found({.stages = {"window_*"}}), "a3 a2");
    EXPECT_EQ(found({.stages = {"window_[2-9]", "fit"}}), "a3 a1");
    EXPECT_EQ(found({.stages = {"%"}}), "");
    EXPECT_EQ(found({.stages = {"window__"}}), "");
    EXPECT_EQ(found({.stages = {"' OR 1=1 --"}}), "");
}

TEST_F(FilterTest, StatesAsTheyAreSeen) {
    const auto lost = add("b1", 1, "fit", "running");
    const auto unwatched = add("b2", 2, "fit", "running");
    add("b3", 3, "fit", "running");
    add("b4", 4, "fit", "abandoned");
    add("b5", 5, "fit", "failed");
    const SeenRuns seen{.unwatched = {unwatched}, .abandoned = {lost}};
    const auto of = [&](const std::vector<std::string>& states) {
        QueryText query;
        query.add("SELECT r.run_id FROM runs r").add(where_clause({.states = states}, seen)).add(" ORDER BY r.started_at");
        std::string text;
        EXPECT_TRUE(each_row(*connection, query, [&](const sql::Rows& rows) {
                        text += rows.run_id(0).brief().substr(0, 2) + " ";
                        return core::ok();
                    }).ok());
        return text;
    };
    EXPECT_EQ(of({"running"}), "b3 ");
    EXPECT_EQ(of({"abandoned"}), "b1 b4 ");
    EXPECT_EQ(of({"unwatched"}), "b2 ");
    EXPECT_EQ(of({"running", "unwatched", "failed"}), "b2 b3 b5 ");
}

TEST_F(FilterTest, TagsParametersMetrics) {
    const auto a = add("c1", 1);
    const auto b = add("c2", 2);
    const auto c = add("c3", 3);
    tag(a, "team", "core");
    tag(b, "team", "data");
    param(a, "lr", "0.1", "0.1");
    param(b, "lr", "1e-1", "0.1");
    param(c, "lr", "\"high\"");
    param(a, "model", "\"big\"");
    param(b, "model", "null");
    metric(a, "rmse", "0.9", 1);
    metric(a, "rmse", "0.2", 2);
    metric(b, "rmse", "0.1", 1);
    metric(b, "rmse", "0.5", 1, 1);
    const auto tags = [&](std::string_view text) { return found({.tags = {condition(ConditionOn::tag, text)}}); };
    const auto params = [&](std::string_view text) { return found({.params = {condition(ConditionOn::param, text)}}); };
    const auto metrics = [&](std::string_view text) { return found({.metrics = {condition(ConditionOn::metric, text)}}); };
    EXPECT_EQ(tags("team=core"), "c1");
    EXPECT_EQ(tags("team!=core"), "c2");
    EXPECT_EQ(tags("none=core"), "");
    EXPECT_EQ(params("lr=0.1"), "c2 c1");
    EXPECT_EQ(params("lr=0.10"), "c2 c1");
    EXPECT_EQ(params("lr>=0.1"), "c2 c1");
    EXPECT_EQ(params("lr>0.1"), "");
    EXPECT_EQ(params("lr=high"), "c3");
    EXPECT_EQ(params("lr!=0.1"), "c3");
    EXPECT_EQ(params("model=big"), "c1");
    EXPECT_EQ(params("model=null"), "c2");
    EXPECT_EQ(metrics("rmse<0.3"), "c1") << "the last value counts, not the first or the least";
    EXPECT_EQ(metrics("rmse>=0.5"), "c2") << "of one time, the greater count is the later";
    EXPECT_EQ(found({.tags = {condition(ConditionOn::tag, "team=core")}, .params = {condition(ConditionOn::param, "lr=0.1")}}), "c1");
}

TEST_F(FilterTest, MetricsThatAreColumns) {
    const auto a = add("d1", 1);
    add("d2", 2);
    sql("UPDATE runs SET rows_out = 0 WHERE run_id = '" + a.str() + "'");
    EXPECT_EQ(found({.metrics = {condition(ConditionOn::metric, "rows_out=0")}}), "d1");
    EXPECT_EQ(found({.metrics = {condition(ConditionOn::metric, "rows_out>0")}}), "");
}

TEST_F(FilterTest, TimesAndTenants) {
    add("e1", 10, "fit", "completed", "acme");
    add("e2", 20, "fit", "completed", "other");
    add("e3", 30);
    const core::Timestamp at20 = core::parse_iso("2025-01-09T12:00:20").take();
    EXPECT_EQ(found({.since = at20}), "e3 e2") << "from that moment on";
    EXPECT_EQ(found({.until = at20}), "e1") << "before that moment";
    EXPECT_EQ(found({.tenant = "acme"}), "e1");
    EXPECT_EQ(found({.tenant = ""}), "");
}

}  // namespace
}  // namespace runlake::runs
