// SPDX-License-Identifier: Apache-2.0
// Publishing under every fault: the old file or the new one, never a mixture, and no temporary file left behind by a failure.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tuple>

#include "core/text.hpp"
#include "os/fault_points.hpp"
#include "os/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::os {
namespace {

constexpr Point k_point = point::export_write;
constexpr std::string_view k_old = "old content, not as long";
const std::string k_new(100'000, 'n');

using Case = std::tuple<Existing, Durability, bool>;  // the last: whether a file is there already

class PublishTest : public ::testing::TestWithParam<Case> {
  protected:
    void SetUp() override {
        if (std::get<2>(GetParam())) {
            ASSERT_TRUE(publish_file(path_, k_old, 0644, Existing::replace, Durability::process, k_point).ok());
        }
    }
    void TearDown() override { ASSERT_TRUE(configure_faults("")); }
    core::Status publish() const { return publish_file(path_, k_new, 0600, std::get<0>(GetParam()), std::get<1>(GetParam()), k_point); }
    bool keeps_old() const { return std::get<0>(GetParam()) == Existing::keep && std::get<2>(GetParam()); }
    // 'o' old, 'n' new, '-' none, '?' a mixture.
    char state() const {
        const core::Result<std::string> text = read_file(path_);
        if (!text.ok()) { return '-'; }
        return text.value() == k_old ? 'o' : text.value() == k_new ? 'n' : '?';
    }
    std::size_t entries() const { return list_dir(dir_.path()).value_or({}).size(); }

    testing::TempDir dir_;
    std::string path_ = dir_ / "file";
};

TEST_P(PublishTest, WithoutFaults) {
    const core::Status done = publish();
    if (keeps_old()) {
        ASSERT_FALSE(done.ok());
        EXPECT_EQ(done.error().code(), core::Errc::conflict);
        EXPECT_EQ(state(), 'o');
    } else {
        ASSERT_TRUE(done.ok()) << done.error().message();
        EXPECT_EQ(state(), 'n');
        EXPECT_EQ(stat_path(path_)->st_mode & 0777U, 0600U);
    }
    EXPECT_EQ(entries(), 1U);
}

TEST_P(PublishTest, EveryFailureAtEveryPassing) {
    const char before = std::get<2>(GetParam()) ? 'o' : '-';
    int failures = 0;
    for (const char* action : {"enospc", "eio", "erofs", "eacces", "short"}) {
        for (int n = 1;; ++n) {
            ASSERT_TRUE(configure_faults(core::cat("export.write:", action, ':', n, ",export.write:eio:100")));
            const core::Status done = publish();
            ASSERT_TRUE(configure_faults(""));
            if (done.ok() || done.error().code() == core::Errc::conflict) { break; }  // passed fewer points than n
            ++failures;
            EXPECT_EQ(done.error().code(), core::Errc::io) << done.error().message();
            // Only the sync of the folder comes after the rename.
            const bool renamed = state() == 'n';
            EXPECT_TRUE(state() == before || renamed) << action << " at " << n << ": " << state();
            EXPECT_EQ(entries(), state() == '-' ? 0U : 1U) << action << " at " << n;
            if (renamed) { break; }
            ASSERT_LT(n, 10);
        }
        if (before == '-') { ASSERT_TRUE(remove_file(path_, k_point).ok()); }
        if (before == 'o') { ASSERT_TRUE(publish_file(path_, k_old, 0644, Existing::replace, Durability::process, k_point).ok()); }
    }
    EXPECT_GE(failures, 5 * (std::get<1>(GetParam()) == Durability::power ? 4 : 3) - (keeps_old() ? 5 : 0));
}

TEST_P(PublishTest, KilledAtEveryPassing) {
    const char before = std::get<2>(GetParam()) ? 'o' : '-';
    int kills = 0;
    for (const char* action : {"kill", "kill_after"}) {
        for (int n = 1; n < 10; ++n) {
            ASSERT_TRUE(configure_faults(core::cat("export.write:", action, ':', n)));
            const pid_t pid = ::fork();
            if (pid == 0) {
                static_cast<void>(publish().ok());
                ::_exit(0);
            }
            int status = 0;
            ::waitpid(pid, &status, 0);
            ASSERT_TRUE(configure_faults(""));
            const char after = state();
            EXPECT_TRUE(after == before || after == 'n') << after;
            if (!WIFSIGNALED(status)) { break; }
            ++kills;
            if (after == 'n' && !keeps_old()) { EXPECT_GE(n, 3); }
        }
        if (before == '-') { ASSERT_TRUE(remove_file(path_, k_point).ok()); }
        if (before == 'o') { ASSERT_TRUE(publish_file(path_, k_old, 0644, Existing::replace, Durability::process, k_point).ok()); }
    }
    EXPECT_GE(kills, 6);
}

using PublishKeepTest = PublishTest;
TEST_P(PublishKeepTest, WorksWhereRenameat2IsRefused) {
    // The third passing is the rename, behind a sync the fourth.
    const int n = std::get<1>(GetParam()) == Durability::power ? 4 : 3;
    ASSERT_TRUE(configure_faults(core::cat("export.write:einval:", n)));
    const core::Status done = publish();
    EXPECT_EQ(done.ok(), !keeps_old());
    EXPECT_EQ(state(), keeps_old() ? 'o' : 'n');
    EXPECT_EQ(entries(), 1U);
}

INSTANTIATE_TEST_SUITE_P(All, PublishTest,
                         ::testing::Combine(::testing::Values(Existing::replace, Existing::keep), ::testing::Values(Durability::process, Durability::power),
                                            ::testing::Bool()));

INSTANTIATE_TEST_SUITE_P(Keep, PublishKeepTest,
                         ::testing::Combine(::testing::Values(Existing::keep), ::testing::Values(Durability::process, Durability::power), ::testing::Bool()));

TEST(PublishPathTest, MissingFolderIsNotFound) {
    const testing::TempDir dir;
    const core::Status done = publish_file(dir / "none/file", "x", 0644, Existing::replace, Durability::process, k_point);
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code(), core::Errc::not_found);
}

TEST(PublishPathTest, LongNamesWork) {
    const testing::TempDir dir;
    const std::string name(255, 'a');
    EXPECT_TRUE(publish_file(dir / name, "x", 0644, Existing::replace, Durability::process, k_point).ok());
    EXPECT_EQ(read_file(dir / name).value_or(""), "x");
}

}  // namespace
}  // namespace runlake::os
