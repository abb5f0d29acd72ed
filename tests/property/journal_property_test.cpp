// SPDX-License-Identifier: Apache-2.0
// Laws of the journal: payloads read back as they were; damage costs the lines it touches and no other; the order of segments does not matter.
#include <algorithm>
#include <set>

#include "record/journal.hpp"
#include "tests/support/random.hpp"
#include "tests/unit/record/support.hpp"

namespace runlake::record {
namespace {

using runlake::testing::Random;
using runlake::testing::TempDir;
using testing::make_store;
using testing::read_everything;
using testing::spit;

std::optional<std::string> maybe(Random& random) { return random.chance(2) ? std::optional(random.text()) : std::nullopt; }

std::optional<std::int64_t> maybe_integer(Random& random) {
    return random.chance(2) ? std::optional(static_cast<std::int64_t>(random.bits())) : std::nullopt;
}

core::RunId random_id(Random& random) {
    std::array<std::uint8_t, 16> bytes{};
    for (auto& byte : bytes) { byte = static_cast<std::uint8_t>(random.bits()); }
    return core::RunId::from_random(bytes);
}

Header random_header(Random& random) { return {random_id(random), {static_cast<std::int64_t>(random.bits() >> 12U)}, random.bits() >> 1U}; }

Facts random_facts(Random& random) {
    Facts facts;
    facts.input_fingerprint = maybe(random);
    facts.code_ref = maybe(random);
    facts.config_hash = maybe(random);
    facts.environment = maybe(random);
    facts.rows_in = maybe_integer(random);
    facts.rows_out = maybe_integer(random);
    facts.llm_calls = maybe_integer(random);
    facts.tokens = maybe_integer(random);
    facts.degraded = random.chance(3);
    facts.degraded_reason = maybe(random);
    return facts;
}

core::Json random_object(Random& random, bool strings) {
    core::Json object = core::Json::object();
    for (std::size_t n = random.below(4); n > 0; --n) {
        object.set(random.text(4), strings ? (random.chance(4) ? core::Json() : core::Json(random.text())) : random.json());
    }
    return object;
}

std::vector<Input> random_inputs(Random& random) {
    std::vector<Input> inputs;
    for (std::size_t n = random.below(4); n > 0; --n) {
        inputs.push_back({random.text(), maybe(random), random.chance(2) ? std::optional(random.bits()) : std::nullopt});
    }
    return inputs;
}

std::vector<std::pair<std::string, double>> random_metrics(Random& random) {
    std::vector<std::pair<std::string, double>> metrics;
    for (std::size_t n = random.below(4); n > 0; --n) {
        const double value = random.chance(6) ? std::numeric_limits<double>::infinity() * (random.chance(2) ? 1 : -1) : random.finite_double();
        metrics.emplace_back(std::to_string(n) + random.text(4), value);  // the recorder makes names unique
    }
    return metrics;
}

os::ProcessId random_process(Random& random) {
    return {random.text(3), random.text(3), random.bits(), static_cast<pid_t>(random.bits() & 0x7FFFFFFFU), random.bits()};
}

StartRecord random_start(Random& random) {
    StartRecord record{random_header(random)};
    record.stage = random.text();
    record.tenant = maybe(random);
    if (random.chance(2)) { record.parent = random_id(random); }
    record.trace_id = maybe(random);
    record.span_id = maybe(random);
    record.parent_span_id = maybe(random);
    for (std::size_t n = random.below(5); n > 0; --n) { record.argv.push_back(random.text()); }
    record.working_dir = maybe(random);
    record.inputs = random_inputs(random);
    record.config_path = maybe(random);
    record.params = random_object(random, false);
    record.tags = random_object(random, true);
    record.facts = random_facts(random);
    record.recorder = random_process(random);
    if (random.chance(2)) {
        record.watched = random.chance(2) ? record.recorder : random_process(random);
        record.watched->pid = 5;
    }
    record.host = random.text();
    return record;
}

LogRecord random_log(Random& random) {
    LogRecord record{random_header(random)};
    record.metrics = random_metrics(random);
    record.step = maybe_integer(random);
    record.tags = random_object(random, true);
    record.params = random_object(random, false);
    record.note = maybe(random);
    record.error = maybe(random);
    record.inputs = random_inputs(random);
    record.facts = random_facts(random);
    return record;
}

EndRecord random_end(Random& random) {
    EndRecord record{random_header(random)};
    record.state = static_cast<RunState>(random.below(7));
    record.duration_seconds = random.finite_double();
    if (random.chance(2)) { record.exit_status = static_cast<int>(random.below(256)); }
    if (random.chance(2)) { record.signal = static_cast<int>(random.below(65)); }
    if (random.chance(2)) { record.error = ErrorText{random.text(), random.bits(), maybe(random)}; }
    record.metrics = random_metrics(random);
    record.stderr_tail = maybe(random);
    record.cached_from = maybe(random);
    record.presumed = random.chance(2);
    record.presumption = maybe(random);
    record.facts = random_facts(random);
    if (random.chance(2)) { record.start = random_start(random); }
    record.lost_records = random.chance(2) ? 0 : random.bits();
    return record;
}

template <class Kind>
void expect_same(const Kind& record) {
    const std::string payload = to_payload(record);
    ASSERT_EQ(payload.find('\n'), std::string::npos);
    const auto read = parse_payload(payload);
    ASSERT_TRUE(read.ok()) << payload << "\n" << read.error().message() << "\nseed " << runlake::testing::test_seed();
    const auto* back = std::get_if<Kind>(&read.value());
    ASSERT_NE(back, nullptr) << payload;
    ASSERT_EQ(*back, record) << payload << "\n" << to_payload(*back) << "\nseed " << runlake::testing::test_seed();
    ASSERT_TRUE(core::parse_json(payload, "payload").ok()) << payload;  // JSON to every other reader too
}

TEST(PayloadLaws, WhatIsWrittenIsReadBack) {
    Random random;
    for (int i = 0; i < 5000; ++i) {
        expect_same(random_start(random));
        expect_same(random_log(random));
        expect_same(random_end(random));
        expect_same(LossRecord{{static_cast<std::int64_t>(random.bits())}, random.bits(), random.bits(), random.text()});
        if (::testing::Test::HasFatalFailure()) { return; }
    }
}

// One segment in a store of its own, written anew for each damage.
struct SegmentLaws : ::testing::Test {
    TempDir temp;
    Store store = make_store(temp / ".runlake");
    std::string path = testing::own_folder_of(store) + "/00000000000000aa.free";
    std::vector<std::string> payloads;
    std::vector<std::string> lines;
    std::string whole;

    void add_lines(Random& random, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            payloads.push_back(core::to_json(core::Json::object().set("kind", "x").set("i", static_cast<std::int64_t>(i)).set("t", random.text())));
            lines.push_back(frame_line(payloads.back()));
            whole += lines.back();
        }
    }
    std::size_t line_at(std::size_t byte) const {
        std::size_t end = 0;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            end += lines[i].size();
            if (byte < end) { return i; }
        }
        return lines.size();
    }
    std::vector<std::string> read(const std::string& text) const {
        spit(path, text);
        return read_everything(store).payloads;
    }
};

TEST_F(SegmentLaws, APrefixHasTheLinesThatAreWholeInIt) {
    Random random;
    add_lines(random, 6);
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        const auto expected = std::vector<std::string>(payloads.begin(), payloads.begin() + static_cast<std::ptrdiff_t>(line_at(size)));
        ASSERT_EQ(read(whole.substr(0, size)), expected) << "cut at " << size;
    }
}

TEST_F(SegmentLaws, AFlippedBitCostsItsLineOnly) {
    Random random;
    add_lines(random, 4);
    for (std::size_t byte = 0; byte < whole.size(); ++byte) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string damaged = whole;
            damaged[byte] = static_cast<char>(static_cast<unsigned char>(damaged[byte]) ^ (1U << bit));
            auto expected = payloads;
            expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(line_at(byte)));
            ASSERT_EQ(read(damaged), expected) << "bit " << bit << " of byte " << byte << "\nseed " << runlake::testing::test_seed();
        }
    }
}

TEST_F(SegmentLaws, AnOverwrittenStretchCostsTheLinesItTouches) {
    Random random;
    add_lines(random, 30);
    for (int i = 0; i < 1500; ++i) {
        const std::size_t from = random.below(whole.size());
        const std::size_t size = 1 + random.below(std::min<std::size_t>(whole.size() - from, 200));
        std::string damaged = whole;
        const bool zeros = random.chance(2);  // what a file system may leave after a loss of power
        for (std::size_t at = from; at < from + size; ++at) { damaged[at] = zeros ? '\0' : static_cast<char>(random.bits()); }
        const auto found = read(damaged);
        const std::set<std::string> there(found.begin(), found.end());
        for (std::size_t line = 0; line < lines.size(); ++line) {
            if (line < line_at(from) || line > line_at(from + size - 1)) {
                ASSERT_TRUE(there.count(payloads[line])) << "line " << line << " lost by damage to " << from << ".." << from + size << "\nseed "
                                                         << runlake::testing::test_seed();
            }
        }
        for (const auto& payload : found) { ASSERT_NE(std::find(payloads.begin(), payloads.end(), payload), payloads.end()) << "an invented record"; }
    }
}

TEST_F(SegmentLaws, ReadingInStepsIsReadingAtOnce) {
    Random random;
    add_lines(random, 40);
    std::vector<std::string> found;
    std::uint64_t offset = 0;
    for (std::size_t size = 0; size < whole.size();) {
        size = std::min(whole.size(), size + 1 + random.below(150));
        spit(path, whole.substr(0, size));
        const auto listing = list_segments(store).take();
        ReadReport report;
        auto end = read_segment(store, listing.segments.at(0), offset, report, [&](const RawRecord& raw) { found.emplace_back(raw.payload); });
        ASSERT_TRUE(end.ok());
        ASSERT_GE(end.value(), offset);
        offset = end.value();
    }
    EXPECT_EQ(found, payloads);
    EXPECT_EQ(offset, whole.size());
}

TEST_F(SegmentLaws, HoweverRecordsAreSpreadOverSegmentsTheyAreTheSame) {
    Random random;
    add_lines(random, 60);
    const std::set<std::string> expected(payloads.begin(), payloads.end());
    for (int round = 0; round < 20; ++round) {
        std::filesystem::remove_all(store.journal());
        std::vector<std::string> texts(1 + random.below(8));
        for (const auto& line : lines) { texts[random.below(texts.size())] += line; }
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const std::string machine = random.chance(2) ? testing::own_folder_of(store) : store.journal() + "/" + std::string(32, 'a') + "-other";
            const std::string id = "000000000000000" + std::to_string(i);
            spit(random.chance(2) ? machine + "/" + id + ".free" : machine + "/sealed/" + id + ".seg", texts[i]);
        }
        const auto before = read_everything(store).payloads;
        ASSERT_EQ(std::set<std::string>(before.begin(), before.end()), expected);
        ASSERT_TRUE(compact(store, 0).ok());
        const auto after = read_everything(store).payloads;
        ASSERT_EQ(std::set<std::string>(after.begin(), after.end()), expected);
        ASSERT_EQ(after.size(), expected.size());
    }
}

}  // namespace
}  // namespace runlake::record
