// SPDX-License-Identifier: Apache-2.0
// What a program read: notes, rules, and what the judgement makes of files that nobody declared.
#include <gtest/gtest.h>

#include "replay_support.hpp"
#include "replay/reads.hpp"

namespace runlake::replay {
namespace {

using namespace std::string_literals;

constexpr core::Timestamp k_monday{1'700'000'000'000'000};

core::Timestamp after(std::int64_t seconds) { return core::Timestamp{k_monday.micros + seconds * 1'000'000}; }

TEST(Reads, NotesAreReadAndNonsenseIsSaid) {
    const SeenReads seen = parse_reads("p77\0r1700000000.000000500 /a b\n/c\0r1.000000000 /x\0"s);
    EXPECT_TRUE(seen.whole);
    EXPECT_TRUE(seen.processes.contains(77));
    ASSERT_EQ(seen.files.size(), 2U);
    EXPECT_EQ(seen.files[0].path, "/a b\n/c");
    EXPECT_EQ(seen.files[0].changed_at, k_monday);
    for (const std::string& text : {"p77"s, "q\0"s, "r1.5 /a\0"s, "r.000000000 /a\0"s, "r1.000000000 a\0"s, "r99999999999999.000000000 /a\0"s, "r-1.000000000 /a\0"s, "\0"s}) {
        EXPECT_FALSE(parse_reads(text).whole) << text;
    }
}

TEST(Reads, SoftwareOwnFilesAndWhatWasDeclaredAreNoNews) {
    SeenReads seen;
    for (const char* path : {"/p/data.csv", "/p/in/a.csv", "/opt/conda/lib/x.so", "/p/.venv/lib/python3.11/site-packages/n.py", "/s/replays/1/tmp/t", "/home/u/mnist.npz"}) { seen.files.push_back({path, k_monday}); }
    seen.files.push_back({"/p/made.txt", after(9)});
    seen.files.push_back({"/p/data.csv", k_monday});
    const ReadRules rules{.declared = {"/p/in"}, .own = {"/s"}, .software = {"/opt/conda"}, .begun = after(5)};
    const std::vector<ReadFile> found = undeclared_reads(seen, rules, "/p");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].path, "/home/u/mnist.npz");
    EXPECT_EQ(found[1].path, "data.csv");
}

TEST(Reads, SoftwareStandsAroundTheSearchPath) {
    const auto folders = software_folders("/opt/conda/bin:/home/u/bin:/home/u/.pyenv/shims:/home/u/p/bin:bin:", "/srv/env/bin/python", "/home/u/p", "/home/u");
    EXPECT_EQ(folders, (std::vector<std::string>{"/opt/conda", "/home/u/.pyenv", "/srv/env"}));
}

CellFacts with_read(core::Timestamp changed_at) {
    CellFacts facts = good_facts(0.3517, 0.9);
    for (Outcome& replay : facts.replays) {
        replay.reads_seen = true;
        replay.undeclared = {{"data.csv", changed_at}};
    }
    return facts;
}

TEST(Reads, DataThatMayHaveDriftedIsNeverALogicGap) {
    const Judgement unknown = judge(with_read(k_monday));
    EXPECT_EQ(unknown.decision.reason, Reason::epsilon_prod_unmeasured);   // the envelope was measured in the same second
    CellFacts facts = with_read(after(-1));
    const Judgement judged = judge(facts);
    EXPECT_EQ(judged.decision.reason, Reason::env_parity_unverified);
    EXPECT_EQ(judged.details, (std::vector<std::string>{"missing:inputs", "undeclared_read:data.csv"}));
    facts.canonical->made_at = after(-1);
    EXPECT_EQ(judge(facts).decision.reason, Reason::env_parity_unverified);
    facts.canonical->made_at = after(0);
    EXPECT_EQ(judge(facts).decision.cause, Cause::logic_fidelity_gap);   // it was there, as it is, before the canonical was made
}

TEST(Reads, ADifferenceThatIsProvenStays) {
    CellFacts facts = with_read(after(-1));
    facts.canonical->provenance["inputs"] = "another";
    EXPECT_EQ(judge(facts).decision.cause, Cause::env_parity_gap);
}

TEST(Reads, WhatNobodyStatedHasToBeSeen) {
    CellFacts facts = good_facts(0.3517, 0.9);
    facts.inputs_stated = false;
    EXPECT_EQ(judge(facts).decision.reason, Reason::env_parity_unverified);
    EXPECT_EQ(judge(facts).details.back(), "reads_not_seen");
    for (Outcome& replay : facts.replays) { replay.reads_seen = true; }
    EXPECT_EQ(judge(facts).decision.cause, Cause::logic_fidelity_gap);
}

}  // namespace
}  // namespace runlake::replay
