// SPDX-License-Identifier: Apache-2.0
// Finding the runs that committed files refer to.
#include "ledger/references.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.hpp"

namespace runlake::ledger {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* k_one = "11111111-2222-4333-8444-555555555555";
constexpr const char* k_two = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

std::vector<std::string> texts(const std::vector<core::RunId>& ids) {
    std::vector<std::string> out;
    for (const core::RunId& id : ids) { out.push_back(id.str()); }
    return out;
}

TEST(RunIdsIn, FindsWholeIdsWhereverTheyStand) {
    const std::string one = k_one;
    EXPECT_THAT(texts(run_ids_in(one)), ElementsAre(one));
    EXPECT_THAT(texts(run_ids_in("[{\"id\":\"" + one + "\"},(" + k_two + ")]")), ElementsAre(one, k_two));
    EXPECT_THAT(texts(run_ids_in("run AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE.")), ElementsAre(k_two));
}

TEST(RunIdsIn, TakesNoPartOfALongerWord) {
    const std::string one = k_one;
    EXPECT_THAT(run_ids_in(""), IsEmpty());
    EXPECT_THAT(run_ids_in("-"), IsEmpty());
    EXPECT_THAT(run_ids_in("0" + one), IsEmpty());
    EXPECT_THAT(run_ids_in(one + "0"), IsEmpty());
    EXPECT_THAT(run_ids_in(one + "-"), IsEmpty());
    EXPECT_THAT(run_ids_in(one.substr(0, 35)), IsEmpty());
    EXPECT_THAT(run_ids_in("11111111-2222-4333-8444-55555555555g"), IsEmpty());
}

struct ReferencedRunsTest : ::testing::Test {
    testing::TempDir temp;
    record::Store store{.root = temp.path(), .dir = temp / ".runlake"};
    static void put(const std::string& path, const std::string& text) {
        fs::create_directories(fs::path(path).parent_path());
        std::ofstream(path) << text;
    }
};

TEST_F(ReferencedRunsTest, VerdictsHoldWhatTheyJudge) {
    put(temp / ".runlake/verdicts/2026/fit.json", std::string("{\"run\": \"") + k_one + "\", \"verdict\": \"FIDELITY_OK\"}");
    const auto found = referenced_runs(store);
    ASSERT_TRUE(found.ok());
    ASSERT_EQ(found.value().size(), 1U);
    EXPECT_EQ(found.value().begin()->first.str(), k_one);
    EXPECT_EQ(found.value().begin()->second, temp / ".runlake/verdicts/2026/fit.json");
}

TEST_F(ReferencedRunsTest, NothingIsReferredToWhereNothingIs) {
    const auto found = referenced_runs(store);
    ASSERT_TRUE(found.ok());
    EXPECT_THAT(found.value(), IsEmpty());
}

TEST_F(ReferencedRunsTest, LooksIntoEveryFileOfTheLedgerWhateverItsSchema) {
    put(temp / ".runlake/ledger/a.json", "{\"schema\":99,\"run\":\"" + std::string(k_one) + "\"}");
    put(temp / ".aexp/campaigns/deep/notes.md", "compare " + std::string(k_two) + "\n");
    put(temp / ".runlake/ledger/b.json", std::string("damaged ") + k_one);
    put(temp / ".runlake/journal/x", "0badcafe-2222-4333-8444-555555555555");  // what happened is no reference
    const auto found = referenced_runs(store);
    ASSERT_TRUE(found.ok());
    ASSERT_EQ(found.value().size(), 2U);
    EXPECT_EQ(found.value().at(core::RunId::parse(k_one).take()), temp / ".runlake/ledger/a.json");
    EXPECT_EQ(found.value().at(core::RunId::parse(k_two).take()), temp / ".aexp/campaigns/deep/notes.md");
}

TEST_F(ReferencedRunsTest, AFileInThePlaceOfTheFolderIsAnErrorNotAnEmptyLedger) {
    put(temp / ".runlake/ledger", "not a folder");
    EXPECT_FALSE(referenced_runs(store).ok());
}

}  // namespace
}  // namespace runlake::ledger
