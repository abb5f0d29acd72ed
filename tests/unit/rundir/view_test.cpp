// SPDX-License-Identifier: Apache-2.0
// The view: links that lead to what DONE says, and nothing that somebody else put there is touched.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "rundir/state.hpp"
#include "tests/unit/rundir/support.hpp"

namespace runlake::rundir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::key_of;
using testing::write_file;

const StageInstance k_fit{"fit", "fold=2020"};
const StageInstance k_other{"fit", "fold=2021"};

class ViewTest : public testing::RunDirTest {
  protected:
    std::string view(const std::string& path) const { return run_dir_.path() + "/" + path; }
    bool is_link(const std::string& path) const {
        const auto info = os::stat_link(view(path));
        return info && S_ISLNK(info->st_mode);
    }
    RunDir run_dir_ = make();
};

TEST_F(ViewTest, LinksAreRelative) {
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "k", {{"models/corn/2020/m", "x"}, {"top", "y"}}).ok());
    EXPECT_EQ(os::read_link(view("top")), core::cat(".stages/fit/fold=2020/", key_of("k").key.hex(), "/out/top"));
    EXPECT_EQ(os::read_link(view("models/corn/2020/m")), core::cat("../../../.stages/fit/fold=2020/", key_of("k").key.hex(), "/out/models/corn/2020/m"));
}

TEST_F(ViewTest, StagesWriteBesideEachOther) {
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "k", {{"models/2020", "x"}, {"models/shared/a", "a"}}).ok());
    ASSERT_TRUE(publish_files(run_dir_, k_other, "k", {{"models/2021", "y"}, {"models/shared/b", "b"}}).ok());
    EXPECT_THAT(names_in(view("models")), ElementsAre("2020", "2021", "shared"));
    ASSERT_TRUE(discard(run_dir_, k_fit, key_of("k").key).ok());
    ASSERT_TRUE(rebuild_view(run_dir_).ok());
    EXPECT_THAT(names_in(view("models")), ElementsAre("2021", "shared"));
    EXPECT_THAT(names_in(view("models/shared")), ElementsAre("b"));
}

TEST_F(ViewTest, IsMadeAgainFromDoneRecords) {
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "k", {{"a/b", "x"}, {"c", "y"}}).ok());
    std::filesystem::remove_all(view("a"));
    ASSERT_EQ(::unlink(view("c").c_str()), 0);
    ASSERT_EQ(::symlink(".stages/gone", view("c").c_str()), 0);
    ASSERT_EQ(::symlink(".stages/fit/fold=2020/nothing/out/stale", view("stale").c_str()), 0);
    ASSERT_TRUE(os::make_dirs(view("deep/er"), 0777, os::point::export_write).ok());
    ASSERT_EQ(::symlink("../../.stages/x", view("deep/er/stale").c_str()), 0);
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(rebuild_view(run_dir_).ok());
        EXPECT_THAT(names_in(run_dir_.path()), ElementsAre(".stages", "a", "c", "config_resolved.yaml", "run.json"));
        EXPECT_EQ(text_of(view("a/b")), "x");
        EXPECT_EQ(text_of(view("c")), "y");
    }
}

TEST_F(ViewTest, AFileBecomesAFolderAndBack) {
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "1", {{"a", "x"}}).ok());
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "2", {{"a/b", "y"}}).ok());
    EXPECT_EQ(text_of(view("a/b")), "y");
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "3", {{"a", "z"}}).ok());
    EXPECT_EQ(text_of(view("a")), "z");
    for (const char* key : {"2", "1", "2"}) {
        ASSERT_TRUE(set_current(run_dir_, k_fit, key_of(key).key).ok());
        ASSERT_TRUE(rebuild_view(run_dir_).ok());
    }
    EXPECT_EQ(text_of(view("a/b")), "y");
}

TEST_F(ViewTest, WhatOthersPutThereStays) {
    write_file(view("notes.txt"), "mine");
    write_file(view("reports/mine.md"), "mine");
    ASSERT_EQ(::symlink("/etc/hostname", view("reports/link").c_str()), 0);
    ASSERT_EQ(::symlink("nowhere", view("broken").c_str()), 0);
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "k", {{"reports/a", "x"}}).ok());
    ASSERT_TRUE(discard(run_dir_, k_fit, key_of("k").key).ok());
    ASSERT_TRUE(rebuild_view(run_dir_).ok());
    EXPECT_THAT(names_in(run_dir_.path()), ElementsAre(".stages", "broken", "config_resolved.yaml", "notes.txt", "reports", "run.json"));
    EXPECT_THAT(names_in(view("reports")), ElementsAre("link", "mine.md"));
}

TEST_F(ViewTest, AFileInTheWayIsNamedAndNotReplaced) {
    const auto expect_in_the_way = [&](const std::string& what) {
        const auto done = publish_files(run_dir_, k_fit, "k", {{"a/b", "x"}});
        ASSERT_FALSE(done.ok());
        EXPECT_EQ(done.error().code(), core::Errc::conflict) << done.error().message();
        EXPECT_THAT(done.error().message(), HasSubstr(view(what)));
        EXPECT_THAT(done.error().message(), HasSubstr("move it away"));
        // It is published all the same; the view catches up.
        EXPECT_TRUE(read_done(run_dir_, k_fit, key_of("k").key).value_or(std::nullopt));
        EXPECT_EQ(rebuild_view(run_dir_).error().code(), core::Errc::conflict);
        std::filesystem::remove_all(view("a"));
        ASSERT_TRUE(rebuild_view(run_dir_).ok());
        EXPECT_EQ(text_of(view("a/b")), "x");
        ASSERT_TRUE(discard(run_dir_, k_fit, key_of("k").key).ok());
        ASSERT_TRUE(rebuild_view(run_dir_).ok());
    };
    write_file(view("a"), "mine");
    expect_in_the_way("a");
    write_file(view("a/b"), "mine");
    expect_in_the_way("a/b");
    ASSERT_TRUE(os::make_dirs(view("a/b"), 0777, os::point::export_write).ok());
    expect_in_the_way("a/b");
    ASSERT_TRUE(os::make_dirs(dir_ / "outside", 0777, os::point::export_write).ok());
    ASSERT_EQ(::symlink((dir_ / "outside").c_str(), view("a").c_str()), 0);
    expect_in_the_way("a");
    EXPECT_THAT(names_in(dir_ / "outside"), IsEmpty());
    ASSERT_TRUE(os::make_dirs(view("a"), 0777, os::point::export_write).ok());
    ASSERT_EQ(::symlink("/etc/hostname", view("a/b").c_str()), 0);
    expect_in_the_way("a/b");
}

TEST_F(ViewTest, CopiesWhereLinksFail) {
    ASSERT_TRUE(os::configure_faults("view.link:eacces:1"));
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "1", {{"a", "first"}}).ok());
    ASSERT_TRUE(os::configure_faults(""));
    EXPECT_FALSE(is_link("a"));
    EXPECT_EQ(text_of(view("a")), "first");
    EXPECT_THAT(names_in(run_dir_.staging()), IsEmpty());
    // The copy of a former result is replaced, by a copy or a link.
    ASSERT_TRUE(os::configure_faults("view.link:eacces:1"));
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "2", {{"a", "second"}, {"b", "more"}}).ok());
    ASSERT_TRUE(os::configure_faults(""));
    EXPECT_EQ(text_of(view("a")), "second");
    EXPECT_FALSE(is_link("a"));
    ASSERT_TRUE(rebuild_view(run_dir_).ok());
    EXPECT_FALSE(is_link("a"));      // as good as a link
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "3", {{"a", "third"}}).ok());
    EXPECT_TRUE(is_link("a"));
    EXPECT_FALSE(os::stat_link(view("b")));
}

TEST_F(ViewTest, ACopyThatSomebodyChangedIsInTheWay) {
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "1", {{"a", "first"}}).ok());
    ASSERT_EQ(::unlink(view("a").c_str()), 0);
    write_file(view("a"), "edited");
    const auto rebuilt = rebuild_view(run_dir_);
    ASSERT_FALSE(rebuilt.ok());
    EXPECT_EQ(rebuilt.error().code(), core::Errc::conflict);
    EXPECT_EQ(text_of(view("a")), "edited");
}

TEST_F(ViewTest, OfTwoStagesThatClaimAPathTheLaterHasIt) {
    ASSERT_TRUE(publish_files(run_dir_, {"old-name", "-"}, "k", {{"a", "old"}, {"b", "old"}}, 20).ok());
    ASSERT_TRUE(publish_files(run_dir_, {"new-name", "-"}, "k", {{"a", "new"}}, 30).ok());
    EXPECT_EQ(text_of(view("a")), "new");
    ASSERT_TRUE(rebuild_view(run_dir_).ok());
    EXPECT_EQ(text_of(view("a")), "new");
    EXPECT_EQ(text_of(view("b")), "old");
}

TEST_F(ViewTest, AResultThatIsDamagedDoesNotHoldUpTheOthers) {
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "k", {{"a", "x"}}).ok());
    ASSERT_TRUE(publish_files(run_dir_, k_other, "k", {{"b", "y"}}).ok());
    make_folders_writable(run_dir_.stages(), os::point::export_write);
    write_file(run_dir_.published(k_fit, key_of("k").key) + "/manifest.json", "{");
    ASSERT_TRUE(rebuild_view(run_dir_).ok());
    EXPECT_EQ(text_of(view("b")), "y");
}

TEST_F(ViewTest, ManyPublishAndRebuildAtOnce) {
    constexpr int k_processes = 6;
    std::vector<pid_t> children;
    for (int i = 0; i < k_processes; ++i) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const StageInstance which{"fit", core::cat("fold=", i)};
            bool good = true;
            for (int round = 0; round < 4; ++round) {
                const core::Status done = round % 2 == 0 || i % 2 == 0 ? publish_files(run_dir_, which, core::cat(round), {{core::cat("shared/", i), core::cat(round)}, {core::cat("own/", i, '/', round), "x"}}, round).ok()
                                                                               ? core::ok()
                                                                               : core::Status(core::Error(core::Errc::io, "publish"))
                                                                         : rebuild_view(run_dir_);
                good = good && done.ok();
            }
            ::_exit(good ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    for (int i = 0; i < k_processes; ++i) { EXPECT_EQ(text_of(view(core::cat("shared/", i))), i % 2 == 0 ? "3" : "2"); }
    for (int i = 0; i < k_processes; ++i) { EXPECT_EQ(names_in(view(core::cat("own/", i))).size(), 1U); }
    ASSERT_TRUE(rebuild_view(run_dir_).ok());
    EXPECT_THAT(names_in(run_dir_.staging()), IsEmpty());
}

TEST_F(ViewTest, RebuildKilledAnywhere) {
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "1", {{"a/b", "1"}, {"gone/x", "1"}}, 20).ok());
    ASSERT_TRUE(publish_files(run_dir_, k_fit, "2", {{"a/b", "2"}, {"new/x", "2"}}, 30).ok());
    int kills = 0;
    for (const char* const point : {"view.create", "view.link", "view.remove"}) {
        for (const char* const action : {"kill", "kill_after"}) {
            for (int n = 1;; ++n) {
                ASSERT_TRUE(set_current(run_dir_, k_fit, key_of("1").key).ok());
                ASSERT_TRUE(rebuild_view(run_dir_).ok());
                ASSERT_TRUE(set_current(run_dir_, k_fit, key_of("2").key).ok());
                const pid_t child = ::fork();
                ASSERT_GE(child, 0);
                if (child == 0) {
                    if (!os::configure_faults(core::cat(point, ':', action, ':', n))) { ::_exit(3); }
                    ::_exit(rebuild_view(run_dir_).ok() ? 0 : 1);
                }
                int status = 0;
                ASSERT_EQ(::waitpid(child, &status, 0), child);
                ASSERT_TRUE(rebuild_view(run_dir_).ok());
                EXPECT_EQ(text_of(view("a/b")), "2");
                EXPECT_EQ(text_of(view("new/x")), "2");
                EXPECT_FALSE(os::stat_link(view("gone/x")));
                if (WIFEXITED(status)) {
                    ASSERT_EQ(WEXITSTATUS(status), 0);
                    break;
                }
                ++kills;
            }
        }
    }
    EXPECT_GT(kills, 6);
}

}  // namespace
}  // namespace runlake::rundir
