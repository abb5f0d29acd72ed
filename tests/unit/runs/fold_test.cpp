// SPDX-License-Identifier: Apache-2.0
// Folding: equal rows whatever the division into segments, batches and folds; cursors; compaction; damage; pending runs.
#include "runs/fold.hpp"

#include <filesystem>
#include <fstream>

#include "runs/cursor.hpp"
#include "runs/database.hpp"
#include "tests/unit/runs/fold_support.hpp"

namespace runlake::runs {
namespace {

using test::dump;
using test::must;
using test::payload_of;
using test::Places;
using test::RecordMaker;
using test::TempStore;

sql::Connection memory(Indexes indexes) {
    auto connection = must(must(sql::Database::open("", sql::Access::in_memory)).connect());
    must(create_schema(connection, indexes));
    return connection;
}

std::string folded_at_once(const record::Store& store, Places places) {
    auto connection = memory(Indexes::now);
    Cursor cursor;
    must(fold_new(connection, store, must(record::list_segments(store)), cursor));
    return dump(connection, places);
}

std::vector<std::string> random_payloads(std::uint64_t seed, int runs) {
    RecordMaker maker(seed);
    std::vector<std::string> payloads;
    for (int i = 0; i < runs; ++i) {
        const auto id = maker.id();
        for (const auto& said : maker.run(id)) { payloads.push_back(payload_of(said)); }
    }
    std::shuffle(payloads.begin(), payloads.end(), maker.engine());
    return payloads;
}

TEST(Fold, AnyDivisionIntoSegmentsAndFoldsGivesEqualRows) {
    for (std::uint64_t seed = 100; seed < 106; ++seed) {
        const auto payloads = random_payloads(seed, 60);
        TempStore one;
        one.append({payloads});
        const std::string expected = folded_at_once(*one, Places::without);

        RecordMaker maker(seed + 1000);
        TempStore many;
        auto connection = memory(Indexes::now);
        Cursor cursor;
        std::size_t at = 0;
        while (at < payloads.size()) {
            std::vector<std::vector<std::string>> groups(3);
            for (const std::size_t end = std::min(payloads.size(), at + 1 + static_cast<std::size_t>(maker.below(60))); at < end; ++at) {
                groups[static_cast<std::size_t>(maker.below(3))].push_back(payloads[at]);
                if (maker.chance(10)) { groups[static_cast<std::size_t>(maker.below(3))].push_back(payloads[at]); }
            }
            many.append(groups);
            must(fold_new(connection, *many, must(record::list_segments(*many)), cursor));
        }
        ASSERT_EQ(dump(connection, Places::without), expected) << "seed " << seed;
        ASSERT_EQ(dump(connection, Places::with), folded_at_once(*many, Places::with)) << "seed " << seed;
    }
}

TEST(Fold, ManyRunsThroughThreadsAndBatches) {
    RecordMaker maker(7);
    std::vector<std::vector<std::string>> groups(4);
    for (int i = 0; i < 40000; ++i) {
        const auto id = maker.id();
        groups[static_cast<std::size_t>(i % 4)].push_back(payload_of(maker.start(id)));
        groups[static_cast<std::size_t>((i + i % 2) % 4)].push_back(payload_of(record::EndRecord{.header = {id, {1736432599000000}, 7}}));
    }
    TempStore store;
    store.append(groups);
    auto connection = memory(Indexes::later);
    Cursor cursor;
    const auto report = must(fold_new(connection, *store, must(record::list_segments(*store)), cursor));
    EXPECT_EQ(report.records, 80000U);
    EXPECT_EQ(report.runs_added, 40000U);
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM runs WHERE status IN ('completed', 'degraded')")), 40000);
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM fold_pending")), 0);
    must(add_indexes(connection));
}

TEST(Fold, RunsThatGoOnAcrossBatchesAreTheSameInOneTransaction) {
    TempStore store;
    store.append({random_payloads(8, 20000)});  // more than a batch, and the records of a run lie anywhere
    auto connection = memory(Indexes::later);
    const auto listing = must(record::list_segments(*store));
    FoldTarget target;
    target.one_transaction = true;
    Cursor cursor;
    const auto report = must(fold(connection, *store, listing, unfolded(listing, cursor), cursor, target));
    EXPECT_GT(report.runs_changed, 1000U);
    EXPECT_EQ(dump(connection, Places::with), folded_at_once(*store, Places::with));
}

TEST(Fold, NothingNewReadsNothing) {
    TempStore store;
    store.append({random_payloads(5, 10)});
    auto connection = memory(Indexes::now);
    Cursor cursor;
    EXPECT_GT(must(fold_new(connection, *store, must(record::list_segments(*store)), cursor)).records, 0U);
    EXPECT_EQ(must(fold_new(connection, *store, must(record::list_segments(*store)), cursor)).records, 0U);
}

TEST(Fold, ARunWithoutAStartWaitsForIt) {
    RecordMaker maker(9);
    const auto id = maker.id();
    record::EndRecord end{.header = {id, {2000}, 1}};
    record::LogRecord log{.header = {id, {1500}, 0}};
    log.metrics = {{"loss", 0.5}};
    TempStore store;
    store.append({{payload_of(end), payload_of(log), payload_of(log)}});
    auto connection = memory(Indexes::now);
    Cursor cursor;
    must(fold_new(connection, *store, must(record::list_segments(*store)), cursor));
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM runs")), 0);
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM fold_pending")), 2);
    store.append({{payload_of(record::StartRecord{.header = {id, {1000}, 0}, .stage = "late"})}});
    must(fold_new(connection, *store, must(record::list_segments(*store)), cursor));
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM runs WHERE status = 'completed' AND stage = 'late'")), 1);
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM run_metrics")), 1);
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM fold_pending")), 0);
}

TEST(Fold, CompactionChangesPlacesAlone) {
    TempStore store;
    const auto payloads = random_payloads(21, 100);
    std::vector<std::vector<std::string>> groups(10);
    for (std::size_t i = 0; i < payloads.size(); ++i) { groups[i % 10].push_back(payloads[i]); }
    store.append(groups);
    auto connection = memory(Indexes::now);
    Cursor cursor;
    must(fold_new(connection, *store, must(record::list_segments(*store)), cursor));
    const std::string before = dump(connection, Places::without);
    // Nothing is dropped: every segment is written anew under another id.
    const auto rewritten = must(record::rewrite_segments(*store, [](std::string_view) { return false; }));
    static_cast<void>(rewritten);
    must(record::compact(*store, 1));
    must(fold_new(connection, *store, must(record::list_segments(*store)), cursor));
    EXPECT_EQ(dump(connection, Places::without), before);
    EXPECT_EQ(dump(connection, Places::with), folded_at_once(*store, Places::with));
}

TEST(Fold, DamagedLinesAreCountedOnceAndCostNoNeighbour) {
    TempStore store;
    const auto id = RecordMaker(3).id();
    store.append({{payload_of(record::StartRecord{.header = {id, {1000}, 0}, .stage = "a"})}});
    auto listing = must(record::list_segments(*store));
    ASSERT_EQ(listing.segments.size(), 1U);
    std::ofstream(listing.segments[0].path, std::ios::app) << "1 00000000 {\"bad\":1}\n"
                                                           << record::frame_line("{\"kind\":") << record::frame_line(payload_of(record::EndRecord{.header = {id, {2000}, 1}}))
                                                           << "1 0000";
    auto connection = memory(Indexes::now);
    Cursor cursor;
    const auto report = must(fold_new(connection, *store, must(record::list_segments(*store)), cursor));
    EXPECT_EQ(report.corrupt_lines, 2U);
    EXPECT_GE(report.notes.size(), 2U);
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM runs WHERE status = 'completed'")), 1);
    EXPECT_EQ(must(connection.integer("SELECT sum(corrupt_lines) FROM fold_cursor")), 2);
    // The torn line is seen, so that it does not make every later query fold.
    EXPECT_TRUE(unfolded(must(record::list_segments(*store)), cursor).empty());
}

TEST(Cursor, HintRoundTripAndDamage) {
    runlake::testing::TempDir dir;
    Cursor cursor;
    cursor["0123456789abcdef"].seen = 5;
    cursor["1123456789abcdef"].seen = 0;
    must(write_hint(dir / "db", cursor));
    const auto back = read_hint(dir / "db");
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->at("0123456789abcdef").seen, 5U);
    for (const char* bad : {"", "x", "runlake-fold-cursor 2\n", "runlake-fold-cursor 1\nabc", "runlake-fold-cursor 1\nabc\n", "runlake-fold-cursor 1\nabc -1\n"}) {
        std::ofstream(hint_path(dir / "db")) << bad;
        EXPECT_FALSE(read_hint(dir / "db").has_value()) << bad;
    }
}

}  // namespace
}  // namespace runlake::runs
