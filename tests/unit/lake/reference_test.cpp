// SPDX-License-Identifier: Apache-2.0
// References and scores as text: what they are named after, what comes back from what was written, and what no reader takes.
#include "lake/reference/reference.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <string>

#include "core/text.hpp"
#include "lake/reference/score_file.hpp"
#include "lake/reference/store.hpp"
#include "os/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::lake {
namespace {

using core::Errc;
using core::Json;

std::string digest(char digit) { return std::string(64, digit); }

Reference small() {
    Reference out;
    out.alpha = 0.5;
    out.meta = Json::object().set("for", "a test");
    out.members = {{digest('a'), digest('0')}, {digest('b'), ""}};
    auto& goal = out.outcomes.by_goal["P \"\xC3\xA9\n"];
    goal.attempts[0] = 4;
    goal.successes[0] = 1;
    out.outcomes.by_goal["Q"].attempts[9] = 2;
    for (const auto& [sig, outcomes] : out.outcomes.by_goal) { out.outcomes.whole.add(outcomes); }
    return out;
}

std::string id_of(const Reference& reference) {
    const auto id = reference_id(reference);
    EXPECT_TRUE(id.ok());
    return id.ok() ? id.value() : "";
}

std::string text_of(const Reference& reference) {
    const auto text = reference_text(reference);
    EXPECT_TRUE(text.ok());
    return text.ok() ? text.value() : "";
}

// SHA-256 over "goal_outcomes", NUL and {"alpha": 0.5, "families": [...], "meta": {"for": "a test"}, "run_uids": [...]}, as Python's hashlib and json.dumps(sort_keys=True) give it.
TEST(Reference, TheIdIsThatOfThePublishedRecipe) { EXPECT_EQ(id_of(small()), "78d0c94a64ff429b"); }

TEST(Reference, TheIdFollowsFromMembersAlphaAndMetaAlone) {
    const std::string id = id_of(small());
    auto same = small();
    same.members[0].goal_cache_sha256 = "";
    same.outcomes = {};
    EXPECT_EQ(id_of(same), id);
    auto other = small();
    other.alpha = 0.25;
    EXPECT_NE(id_of(other), id);
    other = small();
    other.meta = Json();
    EXPECT_NE(id_of(other), id);
    other = small();
    other.meta = Json::object();
    EXPECT_NE(id_of(other), id);
    other = small();
    other.members.pop_back();
    EXPECT_NE(id_of(other), id);
}

TEST(Reference, WhatIsWrittenComesBack) {
    std::mt19937_64 random(5);
    for (int round = 0; round < 50; ++round) {
        Reference reference;
        reference.alpha = 1 + static_cast<double>(random() % 1000) / 7;
        if (round % 3 != 0) { reference.meta = Json::object().set("n", static_cast<std::int64_t>(random() % 100)).set("x", 0.1 * round); }
        for (char digit = '0'; digit <= '0' + round % 10; ++digit) { reference.members.push_back({digest(digit), round % 2 == 0 ? digest('f') : ""}); }
        for (int goal = round % 20; goal > 0; --goal) {
            auto& outcomes = reference.outcomes.by_goal[core::cat("goal ", random() % 40)];
            for (std::size_t i = 0; i < outcomes.attempts.size(); ++i) {
                outcomes.attempts[i] = static_cast<std::int64_t>(random() % 5);
                outcomes.successes[i] = std::min<std::int64_t>(outcomes.attempts[i], static_cast<std::int64_t>(random() % 3));
            }
        }
        for (const auto& [sig, outcomes] : reference.outcomes.by_goal) { reference.outcomes.whole.add(outcomes); }
        const std::string text = text_of(reference);
        const auto read = parse_reference(text, "artifact");
        ASSERT_TRUE(read.ok()) << read.error().message();
        EXPECT_TRUE(read.value().members == reference.members && read.value().outcomes == reference.outcomes && read.value().meta == reference.meta && read.value().alpha == reference.alpha);
        EXPECT_EQ(text_of(read.value()), text);
        EXPECT_EQ(id_of(read.value()), id_of(reference));
    }
}

TEST(Reference, WhatContradictsItselfIsRefused) {
    struct Case {
        std::string_view from;
        std::string_view to;
        Errc code;
    };
    const std::string text = text_of(small());
    ASSERT_TRUE(parse_reference(text, "t").ok());
    for (const auto& [from, to, code] : std::initializer_list<Case>{
             {"\"schema_version\":1", "\"schema_version\":2", Errc::unsupported},
             {"\"schema_version\":1,", "", Errc::corrupt},
             {"\"goal_outcomes\"", "\"other\"", Errc::unsupported},
             {"\"simplify\"", "\"simp\"", Errc::unsupported},
             {"\"alpha\":0.5", "\"alpha\":0", Errc::corrupt},
             {"\"alpha\":0.5", "\"alpha\":\"1\"", Errc::corrupt},
             {"{\"for\":\"a test\"}", "[]", Errc::corrupt},
             {"\"global\":{\"attempts\":[4", "\"global\":{\"attempts\":[5", Errc::corrupt},
             {"\"global\":{\"attempts\":[4", "\"global\":{\"attempts\":[3", Errc::corrupt},
             {"\"successes\":[1", "\"successes\":[-1", Errc::corrupt},
             {"\"successes\":[1", "\"successes\":[1.0", Errc::corrupt},
             {"\"successes\":[1,", "\"successes\":[", Errc::corrupt},
             {"\"Q\":{\"attempts\"", "\"Q\":{\"tries\"", Errc::corrupt},
             {"aaaaaaaa", "aaaaaaaA", Errc::corrupt},
             {"\"run_uid\":\"a", "\"run_uid\":\"c", Errc::corrupt},
         }) {
        std::string changed = text;
        const auto at = changed.find(from);
        ASSERT_NE(at, std::string::npos) << from;
        changed.replace(at, from.size(), to);
        const auto read = parse_reference(changed, "the file");
        ASSERT_FALSE(read.ok()) << from << " -> " << to;
        EXPECT_EQ(read.error().code(), code) << from << " -> " << to << ": " << read.error().message();
        EXPECT_NE(read.error().message().find("the file"), std::string::npos);
    }
    // Sums beyond 64 bits are no way round it.
    const std::string most = std::to_string(INT64_MAX);
    const std::string rest = ",0,0,0,0,0,0,0,0,0]";
    const auto counts = [&](const std::string& first) { return core::cat("{\"attempts\":[", first, rest, ",\"successes\":[0", rest, "}"); };
    const std::string head = text.substr(0, text.find("\"global\""));
    EXPECT_TRUE(parse_reference(core::cat(head, "\"global\":", counts(most), ",\"by_sig\":{\"a\":", counts(most), "}}"), "t").ok());
    EXPECT_FALSE(parse_reference(core::cat(head, "\"global\":", counts(most), ",\"by_sig\":{\"a\":", counts(most), ",\"b\":", counts(most), "}}"), "t").ok());
    // Of another lake: its members are told by folders.
    EXPECT_EQ(parse_reference(core::cat("{\"schema_version\":1,\"kind\":\"goal_outcomes\",\"alpha\":1,", text.substr(text.find("\"tactic_families\""), text.find(",\"meta\"") - text.find("\"tactic_families\"")),
                                        ",\"members\":[\"0123456789abcdef\"]}"),
                              "t")
                  .error()
                  .code(),
              Errc::unsupported);
}

TEST(Scores, AreOfOneRunInOrderEachOnce) {
    RunScores scores{.ref_id = "0123456789abcdef", .search_uid = digest('a'), .scores = {}};
    scores.scores.push_back({"t", "block_simp", Json::object().set("valid", false)});
    scores.scores.push_back({"t", "wild_type", Json::object().set("valid", true).set("tau_agent", 3)});
    scores.scores.push_back({"u", "block_simp", Json::object()});
    const std::string text = scores_text(scores);
    const auto read = parse_scores(text, "file");
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(scores_text(read.value()), text);
    std::swap(scores.scores[0], scores.scores[1]);
    EXPECT_FALSE(parse_scores(scores_text(scores), "file").ok());
    scores.scores[1] = scores.scores[0];
    EXPECT_FALSE(parse_scores(scores_text(scores), "file").ok());
    EXPECT_EQ(parse_scores("{\"schema_version\":9}", "file").error().code(), Errc::unsupported);
}

// Another zlib gives other bytes: that alone is no reason to write a file anew, or two machines would do so in turn.
TEST(ReferenceStore, WhatSaysTheSameStaysHoweverItWasPacked) {
    const testing::TempDir dir;
    const auto reference = small();
    const std::string id = id_of(reference);
    RunScores scores{.ref_id = id, .search_uid = digest('a'), .scores = {}};
    scores.scores.push_back({"t", "wild_type", Json::object().set("valid", false)});
    const auto write = [&] {
        const auto was_there = write_reference(dir.path(), id, reference, {});
        EXPECT_TRUE(was_there.ok() && write_scores(dir.path(), scores).ok());
        return was_there.ok() && was_there.value();
    };
    EXPECT_FALSE(write());
    const std::string folder = reference_folder(dir.path(), id);
    const std::string artifact = folder + "/" + std::string(k_reference_file);
    const std::string scored = folder + "/" + std::string(k_scores_folder) + "/" + digest('a') + std::string(k_score_suffix);
    for (const auto& path : {artifact, scored}) {
        auto packed = os::read_file(path).value_or("");
        ASSERT_GT(packed.size(), 10U);
        packed[9] = '\x0b';  // the system that packed it
        std::ofstream(path, std::ios::binary) << packed;
        EXPECT_TRUE(write());
        EXPECT_EQ(os::read_file(path).value_or(""), packed);
        std::ofstream(path, std::ios::binary) << "damaged";
        EXPECT_EQ(write(), path == scored);
        EXPECT_NE(os::read_file(path).value_or(""), "damaged");
    }
    EXPECT_TRUE(read_reference(dir.path(), id).ok());
    EXPECT_TRUE(read_scores(dir.path(), id, digest('a')).ok());
}

TEST(ReferenceNames, AreSixteenHexDigits) {
    EXPECT_TRUE(is_reference_id("0123456789abcdef"));
    for (const auto* other : {"", "0123456789abcde", "0123456789abcdeF", "0123456789abcdef0", "../../../../../../"}) { EXPECT_FALSE(is_reference_id(other)) << other; }
}

}  // namespace
}  // namespace runlake::lake
