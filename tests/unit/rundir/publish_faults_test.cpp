// SPDX-License-Identifier: Apache-2.0
// Publication killed and failed at each of its steps: no false DONE, and the next one succeeds.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>

#include "tests/unit/rundir/support.hpp"

namespace runlake::rundir {
namespace {

using ::testing::IsEmpty;
using testing::key_of;

const StageInstance k_fit{"fit", "fold=2020"};

class PublishFaultsTest : public testing::RunDirTest {
  protected:
    // An older result, whose files the new one changes, drops and adds to.
    void SetUp() override { ASSERT_TRUE(publish_files(run_dir_, k_fit, "old", {{"a", "old a"}, {"b/c", "old c"}}, 20).ok()); }

    core::Result<DoneRecord> publish_new() { return publish_files(run_dir_, k_fit, "new", {{"a", "new a"}, {"d/e", "new e"}}, 30); }

    // What must hold after anything: whoever believes DONE gets whole results, the old one among them.
    void expect_truth(const std::string& when) {
        const auto all = list_done(run_dir_);
        ASSERT_TRUE(all.ok()) << when;
        std::set<std::string> keys;
        for (const DoneRecord& done : all.value()) {
            keys.insert(done.key.key.hex());
            const auto manifest = read_manifest(run_dir_, done);
            ASSERT_TRUE(manifest.ok()) << when << ": " << manifest.error().message();
            EXPECT_EQ(manifest.value().entries.size(), 2U) << when;
            EXPECT_TRUE(verify_tree(run_dir_.published(k_fit, done.key.key) + "/out", manifest.value(), std::nullopt, true).value_or({{}}).empty()) << when;
        }
        EXPECT_TRUE(keys.contains(key_of("old").key.hex())) << when;
        const auto current = current_result(run_dir_, k_fit);
        EXPECT_TRUE(current.ok() && current.value()) << when;
    }

    // What the next call finds, and leaves.
    void expect_recovery(const std::string& when) {
        const auto again = publish_new();
        if (!again.ok()) { ASSERT_EQ(again.error().code(), core::Errc::conflict) << when << ": " << again.error().message(); }
        ASSERT_TRUE(set_current(run_dir_, k_fit, key_of("new").key).ok()) << when;
        ASSERT_TRUE(rebuild_view(run_dir_).ok()) << when;
        expect_truth(when + ", then again");
        EXPECT_EQ(text_of(run_dir_.path() + "/a"), "new a") << when;
        EXPECT_EQ(text_of(run_dir_.path() + "/d/e"), "new e") << when;
        EXPECT_FALSE(os::stat_link(run_dir_.path() + "/b/c")) << when;
        EXPECT_THAT(names_in(run_dir_.instance_dir(k_fit)).size(), 3U) << when;   // two keys and `current`
    }

    void back_to_start(const std::string& when) {
        ASSERT_TRUE(discard(run_dir_, k_fit, key_of("new").key).ok()) << when;
        ASSERT_TRUE(set_current(run_dir_, k_fit, key_of("old").key).ok()) << when;
        ASSERT_TRUE(rebuild_view(run_dir_).ok()) << when;
        ASSERT_EQ(text_of(run_dir_.path() + "/a"), "old a") << when;
        ASSERT_EQ(text_of(run_dir_.path() + "/b/c"), "old c") << when;
        // What a killed view left.
        for (const std::string& name : names_in(run_dir_.staging())) {
            ASSERT_TRUE(name.starts_with("view.")) << when << ": " << name;
            ASSERT_TRUE(os::remove_file(run_dir_.staging() + "/" + name, os::point::export_write).ok());
        }
    }

    RunDir run_dir_ = make();
};

constexpr std::array k_points = {"stage.staging.create", "stage.staging.remove", "stage.sync", "stage.manifest.write", "stage.publish.rename",
                                 "stage.readonly",       "stage.done.write",     "stage.current.write", "view.create", "view.link", "view.remove"};

// Luigi #2112 and #3273, and the hindcast's own sentinel files: what looked done was half written, or its outputs were missing.
TEST_F(PublishFaultsTest, KilledAnywhereLeavesNoFalseDone) {
    int kills = 0;
    for (const char* const point : k_points) {
        for (const char* const action : {"kill", "kill_after"}) {
            for (int n = 1;; ++n) {
                const std::string fault = core::cat(point, ':', action, ':', n);
                const pid_t child = ::fork();
                ASSERT_GE(child, 0);
                if (child == 0) {
                    if (!os::configure_faults(fault)) { ::_exit(3); }
                    ::_exit(publish_new().ok() ? 0 : 1);
                }
                int status = 0;
                ASSERT_EQ(::waitpid(child, &status, 0), child);
                if (WIFEXITED(status)) {
                    ASSERT_EQ(WEXITSTATUS(status), 0) << fault;
                    ASSERT_GT(n, 1) << point << " is never passed";
                    back_to_start(fault);
                    break;
                }
                ASSERT_EQ(WTERMSIG(status), SIGKILL) << fault;
                ++kills;
                expect_truth(fault);
                expect_recovery(fault);
                back_to_start(fault);
            }
        }
    }
    EXPECT_GT(kills, 60);
}

TEST_F(PublishFaultsTest, FailedAnywhereLeavesNoFalseDone) {
    int failures = 0;
    for (const char* const point : k_points) {
        for (const char* const action : {"enospc", "eio", "short", "erofs"}) {
            // Some passings forgive a failure: a few successes in a row are the end.
            for (int n = 1, successes = 0; successes < 3; ++n) {
                const std::string fault = core::cat(point, ':', action, ':', n);
                ASSERT_TRUE(os::configure_faults(fault));
                const auto done = publish_new();
                ASSERT_TRUE(os::configure_faults(""));
                expect_truth(fault);
                successes = done.ok() ? successes + 1 : 0;
                if (!done.ok()) {
                    ++failures;
                    EXPECT_EQ(done.error().code(), core::Errc::io) << fault << ": " << done.error().message();
                    // Everything up to DONE is told by an error; staging went with its object, unless the removal itself failed.
                    if (std::string_view(point) != "stage.staging.remove") { EXPECT_THAT(names_in(run_dir_.staging()), IsEmpty()) << fault; }
                    expect_recovery(fault);
                }
                back_to_start(fault);
            }
        }
    }
    EXPECT_GT(failures, 100);
}

// A full disk for good: everything fails, nothing is claimed, and what was there stays.
TEST_F(PublishFaultsTest, AFullDisk) {
    for (const char* const fault : {"*:enospc:1+", "stage.sync:enospc:1+", "stage.done.write:short:1+", "stage.manifest.write:short:1+"}) {
        ASSERT_TRUE(os::configure_faults(fault));
        const auto done = publish_new();
        ASSERT_TRUE(os::configure_faults(""));
        ASSERT_FALSE(done.ok()) << fault;
        expect_truth(fault);
        EXPECT_FALSE(read_done(run_dir_, k_fit, key_of("new").key).value_or(std::nullopt)) << fault;
        EXPECT_EQ(text_of(run_dir_.path() + "/a"), "old a") << fault;
    }
    expect_recovery("full disk");
}

TEST_F(PublishFaultsTest, DiscardKilledAnywhere) {
    for (const char* const action : {"kill", "kill_after"}) {
        for (int n = 1;; ++n) {
            const std::string fault = core::cat("stage.staging.remove:", action, ':', n);
            const pid_t child = ::fork();
            ASSERT_GE(child, 0);
            if (child == 0) {
                if (!os::configure_faults(fault)) { ::_exit(3); }
                ::_exit(discard(run_dir_, k_fit, key_of("old").key).ok() ? 0 : 1);
            }
            int status = 0;
            ASSERT_EQ(::waitpid(child, &status, 0), child);
            const bool killed = WIFSIGNALED(status);
            // Whole, or gone.
            if (read_done(run_dir_, k_fit, key_of("old").key).value_or(std::nullopt)) { expect_truth(fault); }
            auto staging = Staging::begin(run_dir_, k_fit);
            ASSERT_TRUE(staging.ok());
            EXPECT_EQ(names_in(run_dir_.staging()).size(), 1U) << fault;
            staging.value().reset();
            ASSERT_TRUE(discard(run_dir_, k_fit, key_of("old").key).ok());
            ASSERT_TRUE(publish_files(run_dir_, k_fit, "old", {{"a", "old a"}, {"b/c", "old c"}}, 20).ok());
            if (!killed) {
                ASSERT_GT(n, 5);
                break;
            }
        }
    }
}

}  // namespace
}  // namespace runlake::rundir
