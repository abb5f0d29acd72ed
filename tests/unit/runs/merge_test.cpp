// SPDX-License-Identifier: Apache-2.0
// The merge is a join: any order, any division, any repetition of a run's records gives the same parts; and stamps come back from their bytes.
#include "runs/merge.hpp"

#include <algorithm>

#include "runs/stamps.hpp"
#include "tests/unit/runs/fold_support.hpp"

namespace runlake::runs {
namespace {

using test::must;
using test::RecordMaker;
using test::Said;

void add(RunParts& run, Said said, std::int64_t offset) {
    const Place place{"0123456789abcdef", offset};
    if (auto* start = std::get_if<record::StartRecord>(&said)) { merge(run, std::move(*start), place); }
    if (auto* log = std::get_if<record::LogRecord>(&said)) { merge(run, std::move(*log)); }
    if (auto* end = std::get_if<record::EndRecord>(&said)) { merge(run, std::move(*end), place); }
}

TEST(Merge, AnyOrderDivisionAndRepetitionGivesEqualParts) {
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        RecordMaker maker(seed);
        const auto id = maker.id();
        const std::vector<Said> records = maker.run(id);
        std::vector<std::size_t> order(records.size());
        for (std::size_t i = 0; i < order.size(); ++i) { order[i] = i; }
        RunParts straight;
        for (const std::size_t i : order) { add(straight, records[i], static_cast<std::int64_t>(i)); }

        std::shuffle(order.begin(), order.end(), maker.engine());
        RunParts parts[3];
        for (const std::size_t i : order) {
            add(parts[maker.below(3)], records[i], static_cast<std::int64_t>(i));
            if (maker.chance(30)) { add(parts[maker.below(3)], records[i], static_cast<std::int64_t>(i)); }
        }
        RunParts left = parts[0];
        merge(left, RunParts(parts[1]));
        merge(left, RunParts(parts[2]));
        RunParts right = parts[2];
        merge(parts[1], std::move(right));
        merge(parts[1], std::move(parts[0]));
        ASSERT_EQ(left, straight) << "seed " << seed;
        ASSERT_EQ(parts[1], straight) << "seed " << seed;
        RunParts again = straight;
        merge(again, RunParts(straight));
        ASSERT_EQ(again, straight) << "seed " << seed;
    }
}

TEST(Merge, OwnEndSupersedesAPresumedOneAndTheFirstOwnEndWins) {
    const auto id = RecordMaker(1).id();
    record::EndRecord presumed{.header = {id, {10}, 0}, .state = record::RunState::abandoned};
    presumed.presumed = true;
    record::EndRecord own{.header = {id, {30}, 5}, .state = record::RunState::failed};
    record::EndRecord later{.header = {id, {40}, 6}, .state = record::RunState::completed};
    RunParts run;
    merge(run, record::EndRecord(presumed), {});
    EXPECT_EQ(run.state(), record::RunState::abandoned);
    merge(run, record::EndRecord(later), {});
    merge(run, record::EndRecord(own), {});
    merge(run, record::EndRecord(presumed), {});
    EXPECT_EQ(run.state(), record::RunState::failed);
    EXPECT_EQ(run.end->stamp.at.micros, 30);
}

TEST(Merge, DegradedTurnsCompletedAloneAndStays) {
    const auto id = RecordMaker(2).id();
    record::LogRecord log{.header = {id, {20}, 1}};
    log.facts.degraded = true;
    for (const auto& [state, shown] : {std::pair(record::RunState::completed, record::RunState::degraded),
                                       std::pair(record::RunState::failed, record::RunState::failed)}) {
        RunParts run;
        merge(run, record::LogRecord(log));
        EXPECT_EQ(run.state(), record::RunState::running);
        merge(run, record::EndRecord{.header = {id, {30}, 2}, .state = state}, {});
        EXPECT_EQ(run.state(), shown);
    }
}

TEST(Merge, LaterFactWinsAndATiedOneByItsText) {
    const auto id = RecordMaker(3).id();
    const auto log = [&](std::int64_t at, std::uint64_t n, std::int64_t rows) {
        record::LogRecord out{.header = {id, {at}, n}};
        out.facts.rows_in = rows;
        return out;
    };
    RunParts run;
    merge(run, log(20, 1, 5));
    merge(run, log(10, 9, 7));
    EXPECT_EQ(run.facts.rows_in->value, 5);
    merge(run, log(20, 1, 10));  // "10" < "5"
    EXPECT_EQ(run.facts.rows_in->value, 5);
    merge(run, log(20, 2, 10));
    EXPECT_EQ(run.facts.rows_in->value, 10);
}

TEST(Merge, ARemovedTagStaysRemovedUntilItIsSaidAgainLater) {
    const auto id = RecordMaker(4).id();
    const auto tag = [&](std::int64_t at, core::Json value) {
        record::LogRecord out{.header = {id, {at}, 0}};
        out.tags.set("k", std::move(value));
        return out;
    };
    RunParts run;
    merge(run, tag(20, core::Json()));
    merge(run, tag(10, "old"));
    EXPECT_FALSE(run.tags.at("k").value.has_value());
    merge(run, tag(30, "new"));
    EXPECT_EQ(run.tags.at("k").value, "new");
}

TEST(Merge, InputsStandInTheOrderOfTheStart) {
    const auto id = RecordMaker(5).id();
    record::StartRecord start{.header = {id, {1}, 0}, .stage = "s"};
    start.inputs = {{"z"}, {"a"}, {"z"}};
    record::LogRecord log{.header = {id, {2}, 1}};
    log.inputs = {{"m"}, {"b"}, {"a", "fp"}};
    RunParts run;
    merge(run, std::move(log));
    merge(run, std::move(start), {"s", 0});
    EXPECT_EQ(ordered_inputs(run), (std::vector<std::string>{"z", "a", "b", "m"}));
    EXPECT_EQ(run.inputs.at("a").fingerprint->value, "fp");
}

TEST(Stamps, DamagedBytesAreRefused) {
    RecordMaker maker(77);
    const auto id = maker.id();
    RunParts run;
    add(run, maker.start(id), 0);
    add(run, maker.end(id), 1);
    const std::string good = pack_stamps(run);
    for (std::size_t size = 0; size < good.size(); ++size) {
        RunParts copy = run;
        EXPECT_FALSE(unpack_stamps(std::string_view(good).substr(0, size), copy).ok()) << size;
    }
    RunParts copy = run;
    EXPECT_FALSE(unpack_stamps(good + "x", copy).ok());
    // Any byte may be wrong: an answer or an error, never a crash.
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (int value = 0; value < 256; value += 5) {
            std::string bad = good;
            bad[at] = static_cast<char>(value);
            RunParts other = run;
            static_cast<void>(unpack_stamps(bad, other).ok());
        }
    }
}

}  // namespace
}  // namespace runlake::runs
