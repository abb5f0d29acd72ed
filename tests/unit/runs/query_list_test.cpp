// SPDX-License-Identifier: Apache-2.0
#include "runs/query_list.hpp"

#include <gmock/gmock.h>

#include "os/files.hpp"
#include "os/system.hpp"
#include "runs/query_columns.hpp"
#include "runs/query_console.hpp"
#include "runs/query_export.hpp"
#include "runs/query_find.hpp"
#include "runs/query_seen.hpp"
#include "tests/unit/runs/query_fixture.hpp"

namespace runlake::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SortKey sort_key(std::string_view text) {
    auto key = parse_sort(text);
    EXPECT_TRUE(key.ok()) << text;
    return key.ok() ? key.value() : SortKey{};
}

TEST(Columns, NamesShortFormsAndMistakes) {
    EXPECT_EQ(parse_column("rows_in").take().title, "Rows In");
    EXPECT_EQ(parse_column("duration").take().name, "duration_seconds");
    EXPECT_EQ(parse_column("param.lr").take().key, "lr");
    EXPECT_EQ(parse_column("metric.a.b").take().key, "a.b");
    EXPECT_EQ(parse_columns(" run_id , tag.team ").take().size(), 2U);
    for (const std::string_view wrong : {"", "a,,b", "param.", "run_id,id", "status;drop", "r.status"}) {
        const auto columns = parse_columns(wrong);
        ASSERT_FALSE(columns.ok()) << wrong;
        EXPECT_EQ(columns.error().code(), core::Errc::usage);
    }
    EXPECT_THAT(parse_column("rows_inn").error().message(), HasSubstr("did you mean rows_in?"));
    EXPECT_EQ(all_run_columns().size(), 16U);
}

TEST(Sort, DirectionAndMistakes) {
    EXPECT_FALSE(sort_key("stage").descending);
    EXPECT_FALSE(sort_key("stage:asc").descending);
    EXPECT_TRUE(sort_key("param.a:b:desc").descending);
    EXPECT_EQ(sort_key("param.a:b:desc").column.key, "a:b");
    EXPECT_FALSE(parse_sort("stage:up").ok());
    EXPECT_FALSE(parse_sort("shown").ok());
}

class ListTest : public QueryTest {
  protected:
    std::string newest(std::int64_t count, const std::optional<std::string>& tenant = std::nullopt) {
        auto table = newest_runs(*connection, tenant, count, table_columns());
        return table.ok() ? digits(table.value()) : table.error().message();
    }
    std::string find(std::string_view text, const std::optional<std::string>& tenant = std::nullopt) {
        auto id = find_run(*connection, text, tenant);
        return id.ok() ? id.value().str() : core::cat(core::errc_name(id.error().code()), ": ", id.error().message());
    }
};

TEST_F(ListTest, NewestAreLastAndTheOldestFallOut) {
    add("a1", 3);
    add("a2", 1);
    add("a3", 2, "fit", "completed", "acme");
    EXPECT_EQ(newest(10), "a2 a3 a1");
    EXPECT_EQ(newest(2), "a3 a1");
    EXPECT_EQ(newest(1), "a1");
    EXPECT_EQ(newest(1000), "a2 a3 a1");
    EXPECT_EQ(newest(10, "acme"), "a3");
    EXPECT_EQ(newest(10, "none"), "");
}

TEST_F(ListTest, EqualStartsAreOrderedBySegmentAndOffset) {
    // Ids in the opposite order of the offsets: an id never decides.
    add("f1", 1);
    add("e1", 1);
    add("d1", 1);
    add("c1", 2);
    EXPECT_EQ(newest(10), "f1 e1 d1 c1");
    EXPECT_EQ(newest(2), "d1 c1") << "the limit falls between equal starts";
    EXPECT_EQ(newest(3), "e1 d1 c1");
    EXPECT_EQ(found({}), "c1 d1 e1 f1");
}

TEST_F(ListTest, ManyAreReadAsFew) {
    for (int i = 0; i < 700; ++i) { add(core::cat("a", i + 100), i); }
    auto many = newest_runs(*connection, std::nullopt, 600, table_columns());
    auto few = newest_runs(*connection, std::nullopt, 500, table_columns());
    ASSERT_TRUE(many.ok() && few.ok());
    ASSERT_EQ(many.value().ids.size(), 600U);
    EXPECT_TRUE(std::equal(few.value().ids.begin(), few.value().ids.end(), many.value().ids.begin() + 100));
}

TEST_F(ListTest, SortsWithMissingValuesLast) {
    const auto a = add("a1", 1, "b");
    const auto b = add("a2", 2, "a");
    add("a3", 3, "c");
    metric(a, "rmse", "2", 1);
    metric(b, "rmse", "10", 1);
    param(a, "lr", "9", "9");
    param(b, "lr", "10", "10");
    EXPECT_EQ(found({}, sort_key("stage")), "a2 a1 a3");
    EXPECT_EQ(found({}, sort_key("stage:desc")), "a3 a1 a2");
    EXPECT_EQ(found({}, sort_key("metric.rmse")), "a1 a2 a3");
    EXPECT_EQ(found({}, sort_key("metric.rmse:desc")), "a2 a1 a3");
    EXPECT_EQ(found({}, sort_key("param.lr")), "a1 a2 a3") << "numbers sort as numbers";
    EXPECT_EQ(found({}, sort_key("tag.none")), "a3 a2 a1") << "without values: newest first";
    EXPECT_EQ(found({}, sort_key("stage"), 1), "a2");
    EXPECT_EQ(found({}, sort_key("started_at"), 2), "a1 a2");
}

TEST_F(ListTest, ColumnsOfEverySource) {
    const auto a = add("a1", 1);
    param(a, "model", "\"big\"");
    tag(a, "team", "core");
    metric(a, "rmse", "0.5", 1);
    auto table = list_runs(*connection, {.filter = {}, .columns = parse_columns("run_id,param.model,tag.team,metric.rmse,metric.none,exit_status,shown").take()});
    ASSERT_TRUE(table.ok()) << table.error().message();
    EXPECT_THAT(table.value().rows.at(0), ElementsAre(Cell(a), Cell(std::string("\"big\"")), Cell(std::string("core")), Cell(0.5), Cell(), Cell(),
                                                      Cell(std::string("completed"))));
}

TEST_F(ListTest, FindsByPrefix) {
    add("a0eebc99", 1, "window_0");
    add("a0ff", 2, "window_1", "completed", "acme");
    add("b1", 3);
    EXPECT_EQ(find("a0e"), brief_id("a0eebc99").str());
    EXPECT_EQ(find("A0EEBC99"), brief_id("a0eebc99").str());
    EXPECT_EQ(find("a0eebc99-0000-4000-8000-000000000000"), brief_id("a0eebc99").str());
    EXPECT_EQ(find("b"), brief_id("b1").str());
    EXPECT_EQ(find("a0", "acme"), brief_id("a0ff").str()) << "a tenant's prefix is unique among its own";
    EXPECT_THAT(find("a0e", "acme"), HasSubstr("not_found: "));
    EXPECT_THAT(find("c"), HasSubstr("not_found: no run whose id begins with c"));
    EXPECT_THAT(find("a0eebc99-0000-4000-8000-000000000001"), HasSubstr("not_found: "));
    for (const std::string_view wrong : {"", "%", "_", "a%", "a0eebc99-0000-4000-8000-0000000000000", "g", "a*"}) { EXPECT_THAT(find(wrong), HasSubstr("usage: ")) << wrong; }
}

TEST_F(ListTest, AmbiguousPrefixListsTheCandidates) {
    add("a1", 1, "window_0");
    add("a2", 2, "window_1");
    const std::string message = find("a");
    EXPECT_THAT(message, HasSubstr("conflict: "));
    EXPECT_THAT(message, HasSubstr("2 runs begin with it"));
    EXPECT_THAT(message, HasSubstr(brief_id("a1").str() + "  window_0  2025-01-09 12:00:01"));
    EXPECT_LT(message.find("window_1"), message.find("window_0")) << "newest first";
    for (int i = 30; i < 50; ++i) { add(core::cat("a", i), i); }
    EXPECT_THAT(find("a"), HasSubstr("and 12 more"));
}

TEST(Csv, QuotesAsTheDatabaseDoes) {
    const auto field = [](std::optional<std::string_view> value) {
        std::string out;
        append_csv(out, value);
        return out;
    };
    EXPECT_EQ(field(std::nullopt), "");
    EXPECT_EQ(field(""), "\"\"");
    EXPECT_EQ(field("a,b"), "\"a,b\"");
    EXPECT_EQ(field("a\"b"), "\"a\"\"b\"");
    EXPECT_EQ(field("a\nb"), "\"a\nb\"");
    EXPECT_EQ(field("#a"), "\"#a\"");
    EXPECT_EQ(field(" a'b\t;|"), " a'b\t;|");
}

TEST_F(ListTest, CsvEqualsTheDatabasesOwn) {
    sql("INSERT INTO runs SELECT uuid(), ['a', '', NULL, 'x,y'][1 + i % 4], 'stage ' || i, 'failed', "
        "['', 'a\"b', E'two\\nlines', E'\\r', '#', ' spaces ', NULL, 'ü, ''q'''][1 + i % 8], NULL, NULL, NULL, TIMESTAMP '2025-01-09' + INTERVAL (i) SECOND + "
        "INTERVAL (i % 3 * 40) MICROSECOND, CASE WHEN i % 2 = 0 THEN TIMESTAMP '2025-01-10' END, "
        "[1.5, 0.1, 1e300, 1e-7, 0, -0.0::DOUBLE, 'nan'::DOUBLE, 1e16][1 + i % 8], i, 0, NULL, -i, NULL FROM range(3000) t(i)");
    sql("INSERT INTO run_details (run_id, started_segment, started_offset) SELECT run_id, 's', row_number() OVER (ORDER BY started_at) FROM runs");
    const std::string path = testing::TempDir() + "runlake_query_list_test.csv";
    sql("COPY (SELECT * FROM runs ORDER BY started_at) TO '" + path + "' (HEADER, DELIMITER ',')");
    std::string ours;
    auto count = export_csv(*connection, {.filter = {}, .columns = all_run_columns()}, [&](std::string_view piece) {
        ours += piece;
        return core::ok();
    });
    ASSERT_TRUE(count.ok()) << count.error().message();
    EXPECT_EQ(count.value(), 3000);
    const auto theirs = os::read_file(path);
    static_cast<void>(std::remove(path.c_str()));
    ASSERT_TRUE(theirs.ok());
    EXPECT_EQ(ours, theirs.value());
}

TEST_F(ListTest, ASinkThatFailsEndsTheExport) {
    for (int i = 0; i < 5; ++i) { add(core::cat("a", i + 1), i); }
    const auto done = export_jsonl(*connection, {.filter = {}, .columns = all_run_columns()},
                                   [](std::string_view) -> core::Status { return core::Error(core::Errc::io, "disk full"); });
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code(), core::Errc::io);
}

TEST(SeenState, WhatEachPairMeans) {
    using enum os::Liveness;
    EXPECT_EQ(seen_state(alive, dead), "running");
    EXPECT_EQ(seen_state(unknowable, dead), "running");
    EXPECT_EQ(seen_state(dead, alive), "unwatched");
    EXPECT_EQ(seen_state(dead, dead), "abandoned");
    EXPECT_EQ(seen_state(dead, unknowable), "running");
}

TEST_F(ListTest, LooksAtTheRecordersOfRunningRuns) {
    const auto ours = add("a1", 1, "fit", "running");
    const auto unwatched = add("a2", 2, "fit", "running");
    const auto lost = add("a3", 3, "fit", "running");
    add("a4", 4, "fit", "running");
    const os::ProcessId self = os::this_process();
    const auto process = [&](const core::RunId& id, std::string_view who, std::uint64_t ticks) {
        sql(core::cat("UPDATE run_details SET machine = '", self.machine, "', ", who, "_boot = '", self.boot, "', ", who, "_pid_ns = ", self.pid_ns, ", ", who,
                      "_pid = ", self.pid, ", ", who, "_ticks = ", ticks, " WHERE run_id = '", id.str(), "'"));
    };
    process(ours, "recorder", self.start_ticks);
    process(unwatched, "recorder", self.start_ticks + 1);
    process(unwatched, "watched", self.start_ticks);
    process(lost, "recorder", self.start_ticks + 1);
    auto seen = look_at_running(*connection, nullptr);
    ASSERT_TRUE(seen.ok()) << seen.error().message();
    EXPECT_THAT(seen.value().unwatched, ElementsAre(unwatched));
    EXPECT_THAT(seen.value().abandoned, ElementsAre(lost));
    EXPECT_EQ(found({.states = {"running"}}), "a4 a1");
    EXPECT_EQ(found({.states = {"abandoned"}}), "a3");
    EXPECT_EQ(found({.states = {"unwatched"}}), "a2");
    const SeenRuns none;
    auto table = newest_runs(*connection, std::nullopt, 10, parse_columns("run_id,shown").take(), &none);
    ASSERT_TRUE(table.ok());
    EXPECT_TRUE(table.value().seen.empty()) << "nothing is shown as gone that was not confirmed";
}

TEST(WithoutEnd, CutsWhatEndsAStatement) {
    EXPECT_EQ(without_end("SELECT 1"), "SELECT 1");
    EXPECT_EQ(without_end(" SELECT 1 ; ; \n"), " SELECT 1");
    EXPECT_EQ(without_end("SELECT 1; -- done"), "SELECT 1");
    EXPECT_EQ(without_end("SELECT ';' ; /* a /* b */ ; */ "), "SELECT ';'");
    EXPECT_EQ(without_end("SELECT \"a;\""), "SELECT \"a;\"");
    EXPECT_EQ(without_end("SELECT $$a;--$$;"), "SELECT $$a;--$$");
    EXPECT_EQ(without_end("SELECT $t$ $$; $t$ ;"), "SELECT $t$ $$; $t$");
    EXPECT_EQ(without_end("SELECT E'\\';' ;"), "SELECT E'\\';'");
    EXPECT_EQ(without_end("SELECT 'it''s;'"), "SELECT 'it''s;'");
    EXPECT_EQ(without_end("-- nothing"), "");
    EXPECT_EQ(without_end(";;"), "");
    EXPECT_EQ(without_end("SELECT '"), "SELECT '");
    EXPECT_EQ(without_end("SELECT /*"), "SELECT");
}

}  // namespace
}  // namespace runlake::runs
