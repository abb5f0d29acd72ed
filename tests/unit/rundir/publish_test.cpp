// SPDX-License-Identifier: Apache-2.0
// Publication: what is published, what is refused, what stands on disk.
#include "rundir/publish.hpp"

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/as_nobody.hpp"
#include "tests/unit/rundir/support.hpp"

namespace runlake::rundir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::key_of;
using testing::record_of;
using testing::write_file;

const StageInstance k_fit{"fit", "fold=2020"};

class PublishTest : public testing::RunDirTest {};

TEST_F(PublishTest, AWholeResult) {
    const RunDir run_dir = make();
    const auto done = publish_files(run_dir, record_of(k_fit, "k", {"models/2020/", "fit.log"}), {{"models/2020/model.json", "{}"}, {"models/2020/deep/w.bin", "12345"}, {"fit.log", "ok\n"}});
    ASSERT_TRUE(done.ok()) << done.error().message();
    EXPECT_EQ(done.value().files, 3U);
    EXPECT_EQ(done.value().bytes, 10U);
    const std::string path = run_dir.published(k_fit, key_of("k").key);
    EXPECT_THAT(names_in(path), ElementsAre("DONE.json", "manifest.json", "out"));
    EXPECT_THAT(names_in(path + "/out"), ElementsAre("fit.log", "models"));
    EXPECT_THAT(names_in(run_dir.staging()), IsEmpty());
    const auto read = read_done(run_dir, k_fit, key_of("k").key);
    ASSERT_TRUE(read.ok() && read.value());
    EXPECT_EQ(to_json(*read.value()), to_json(done.value()));
    const auto manifest = read_manifest(run_dir, *read.value());
    ASSERT_TRUE(manifest.ok()) << manifest.error().message();
    EXPECT_TRUE(verify_tree(path + "/out", manifest.value(), std::nullopt, true).value_or({{}}).empty());
    const auto current = current_result(run_dir, k_fit);
    ASSERT_TRUE(current.ok() && current.value());
    EXPECT_EQ(current.value()->key.key, key_of("k").key);
    EXPECT_EQ(text_of(run_dir.instance_dir(k_fit) + "/current"), key_of("k").key.hex() + "\n");
    EXPECT_EQ(text_of(run_dir.path() + "/models/2020/deep/w.bin"), "12345");
    EXPECT_EQ(list_done(run_dir).value_or({}).size(), 1U);
}

// Metaflow refuses to write to what is done; Hydra #1817: a rerun wrote into the directory of an earlier one.
TEST_F(PublishTest, NobodyWritesToAResultHydra1817) {
    const RunDir run_dir = make();
    ASSERT_TRUE(publish_files(run_dir, k_fit, "k", {{"a/b", "x"}}).ok());
    const std::string path = run_dir.published(k_fit, key_of("k").key);
    for (const char* name : {"", "/out", "/out/a", "/out/a/b", "/manifest.json", "/DONE.json"}) { EXPECT_EQ(os::stat_link(path + name)->st_mode & 0222U, 0U) << name; }
}

TEST_F(PublishTest, ModesStayPrivateAndExecutable) {
    const RunDir run_dir = make();
    auto staging = Staging::begin(run_dir, k_fit);
    ASSERT_TRUE(staging.ok());
    write_file(staging.value()->out() + "/secret", "x", 0600);
    write_file(staging.value()->out() + "/tool", "x", 0750);
    ASSERT_TRUE(publish(run_dir, *staging.value(), record_of(k_fit, "k", {"secret", "tool"})).ok());
    const std::string out = run_dir.published(k_fit, key_of("k").key) + "/out";
    EXPECT_EQ(os::stat_link(out + "/secret")->st_mode & 0777U, 0400U);
    EXPECT_EQ(os::stat_link(out + "/tool")->st_mode & 0777U, 0550U);
}

TEST_F(PublishTest, WhatIsNotDeclaredIsRefused) {
    const RunDir run_dir = make();
    auto staging = Staging::begin(run_dir, k_fit);
    ASSERT_TRUE(staging.ok());
    write_file(staging.value()->out() + "/models/2020/m", "x");
    write_file(staging.value()->out() + "/models/2021/m", "x");
    write_file(staging.value()->out() + "/models/2020x", "x");
    const auto done = publish(run_dir, *staging.value(), record_of(k_fit, "k", {"models/2020/", "preds.csv", "workspace:data/x", "{ROOT}/y"}));
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code(), core::Errc::usage);
    EXPECT_THAT(done.error().message(), HasSubstr("not written, but declared: preds.csv;"));
    EXPECT_THAT(done.error().message(), HasSubstr("not declared in its `writes`: models/2020x, models/2021/m"));
    EXPECT_THAT(list_done(run_dir).value_or({}), IsEmpty());
    EXPECT_FALSE(os::exists(run_dir.published(k_fit, key_of("k").key)));
    EXPECT_THAT(names_in(run_dir.path()), ElementsAre(".stages", "config_resolved.yaml", "run.json"));
    staging.value().reset();
    EXPECT_THAT(names_in(run_dir.staging()), IsEmpty());
}

TEST_F(PublishTest, AFolderThatIsDeclaredIsNotEmptyAndAFileIsNoFolder) {
    EXPECT_FALSE(check_writes({}, {"models/"}).ok());
    const Manifest manifest{{{"models/x", 1, core::sha256(""), false}}};
    EXPECT_TRUE(check_writes(manifest, {"models/"}).ok());
    EXPECT_FALSE(check_writes(manifest, {"models"}).ok());
    EXPECT_TRUE(check_writes(manifest, {"models/x"}).ok());
    EXPECT_FALSE(check_writes(manifest, {"models/x", "model"}).ok());
    EXPECT_TRUE(check_writes({}, {"workspace:site/"}).ok());
    EXPECT_EQ(check_writes(manifest, {"models/", ".stages/x"}).error().code(), core::Errc::usage);
}

TEST_F(PublishTest, LinksAreNoResult) {
    const RunDir run_dir = make();
    auto staging = Staging::begin(run_dir, k_fit);
    ASSERT_TRUE(staging.ok());
    ASSERT_EQ(::symlink("/etc/passwd", (staging.value()->out() + "/a").c_str()), 0);
    const auto done = publish(run_dir, *staging.value(), record_of(k_fit, "k", {"a"}));
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code(), core::Errc::usage);
    EXPECT_THAT(done.error().message(), HasSubstr("a link, device"));
}

// A file with a second name outside would change with it.
TEST_F(PublishTest, HardLinksToElsewhereAreCut) {
    const RunDir run_dir = make();
    write_file(dir_ / "workspace.csv", "1\n");
    auto staging = Staging::begin(run_dir, k_fit);
    ASSERT_TRUE(staging.ok());
    ASSERT_EQ(::link((dir_ / "workspace.csv").c_str(), (staging.value()->out() + "/a").c_str()), 0);
    ASSERT_TRUE(publish(run_dir, *staging.value(), record_of(k_fit, "k", {"a"})).ok());
    EXPECT_EQ(os::stat_link(dir_ / "workspace.csv")->st_nlink, 1U);
    EXPECT_EQ(os::stat_link(dir_ / "workspace.csv")->st_mode & 0777U, 0644U);
    EXPECT_THAT(names_in(run_dir.published(k_fit, key_of("k").key)), ElementsAre("DONE.json", "manifest.json", "out"));
    EXPECT_EQ(text_of(run_dir.path() + "/a"), "1\n");
}

// Snakemake #1150: after a partial rerun old and new outputs stood mixed.
TEST_F(PublishTest, ANewResultStandsBesideTheOldOneSnakemake1150) {
    const RunDir run_dir = make();
    ASSERT_TRUE(publish_files(run_dir, k_fit, "old", {{"a", "old a"}, {"b", "old b"}}, 20).ok());
    ASSERT_TRUE(publish_files(run_dir, k_fit, "new", {{"a", "new a"}, {"c/d", "new d"}}, 30).ok());
    EXPECT_EQ(text_of(run_dir.path() + "/a"), "new a");
    EXPECT_FALSE(os::stat_link(run_dir.path() + "/b"));
    EXPECT_EQ(text_of(run_dir.path() + "/c/d"), "new d");
    EXPECT_EQ(text_of(run_dir.published(k_fit, key_of("old").key) + "/out/b"), "old b");
    const auto all = list_done(run_dir);
    ASSERT_TRUE(all.ok());
    ASSERT_EQ(all.value().size(), 2U);
    EXPECT_EQ(all.value()[1].key.key, key_of("new").key);
    // And back: the older result can be current again.
    ASSERT_TRUE(set_current(run_dir, k_fit, key_of("old").key).ok());
    ASSERT_TRUE(rebuild_view(run_dir).ok());
    EXPECT_EQ(text_of(run_dir.path() + "/a"), "old a");
    EXPECT_EQ(text_of(run_dir.path() + "/b"), "old b");
    EXPECT_FALSE(os::stat_link(run_dir.path() + "/c"));
}

// mv and Hive rename a folder into one that is there: nested. Here it is a conflict and nothing moves.
TEST_F(PublishTest, ATargetThatIsThereIsNeverNestedInto) {
    const RunDir run_dir = make();
    ASSERT_TRUE(publish_files(run_dir, k_fit, "k", {{"a", "first"}}).ok());
    auto staging = Staging::begin(run_dir, k_fit);
    ASSERT_TRUE(staging.ok());
    write_file(staging.value()->out() + "/a", "second");
    const auto again = publish(run_dir, *staging.value(), record_of(k_fit, "k", {"a"}));
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code(), core::Errc::conflict);
    const std::string path = run_dir.published(k_fit, key_of("k").key);
    EXPECT_THAT(names_in(path), ElementsAre("DONE.json", "manifest.json", "out"));
    EXPECT_EQ(text_of(path + "/out/a"), "first");
    // What was made is still there, to be compared.
    EXPECT_EQ(text_of(staging.value()->out() + "/a"), "second");
    // The rename itself, without the look before it.
    EXPECT_EQ(os::rename_exclusive(staging.value()->folder(), path, os::point::stage_publish_rename).error().code(), core::Errc::conflict);
    ASSERT_TRUE(os::configure_faults("stage.publish.rename:einval"));
    EXPECT_EQ(os::rename_exclusive(staging.value()->folder(), path, os::point::stage_publish_rename).error().code(), core::Errc::conflict);
    EXPECT_THAT(names_in(path), ElementsAre("DONE.json", "manifest.json", "out"));
}

TEST_F(PublishTest, ReplacesWhenAsked) {
    const RunDir run_dir = make();
    ASSERT_TRUE(publish_files(run_dir, k_fit, "k", {{"a", "first"}, {"b", "x"}}).ok());
    const auto again = publish_files(run_dir, record_of(k_fit, "k", {"a"}), {{"a", "second"}}, {.digest_cache = std::nullopt, .expected_manifest = std::nullopt, .replace = true});
    ASSERT_TRUE(again.ok()) << again.error().message();
    EXPECT_EQ(text_of(run_dir.path() + "/a"), "second");
    EXPECT_FALSE(os::stat_link(run_dir.path() + "/b"));
    EXPECT_THAT(names_in(run_dir.staging()), IsEmpty());
}

// Without renameat2: an exclusively made folder is the claim.
TEST_F(PublishTest, WithoutAnExclusiveRename) {
    const RunDir run_dir = make();
    // The first two passings make the folder of the stage and that of the instance are there already: from Staging.
    ASSERT_TRUE(os::configure_faults("stage.publish.rename:einval:2"));
    const auto done = publish_files(run_dir, k_fit, "k", {{"a", "x"}});
    ASSERT_TRUE(os::configure_faults(""));
    ASSERT_TRUE(done.ok()) << done.error().message();
    EXPECT_EQ(text_of(run_dir.path() + "/a"), "x");
    EXPECT_THAT(names_in(run_dir.published(k_fit, key_of("k").key)), ElementsAre("DONE.json", "manifest.json", "out"));
}

TEST_F(PublishTest, AFolderWithoutDoneIsMadeAgain) {
    const RunDir run_dir = make();
    write_file(run_dir.published(k_fit, key_of("k").key) + "/out/half", "x");
    ASSERT_EQ(::chmod((run_dir.published(k_fit, key_of("k").key) + "/out").c_str(), 0555), 0);
    EXPECT_FALSE(read_done(run_dir, k_fit, key_of("k").key).value_or(std::nullopt));
    ASSERT_TRUE(publish_files(run_dir, k_fit, "k", {{"a", "x"}}).ok());
    EXPECT_THAT(names_in(run_dir.published(k_fit, key_of("k").key) + "/out"), ElementsAre("a"));
    EXPECT_THAT(names_in(run_dir.staging()), IsEmpty());
}

TEST_F(PublishTest, StagingOfADeadProcessIsRemovedAndThatOfOthersIsNot) {
    const RunDir run_dir = make();
    const auto other = Staging::begin(run_dir, {"fit", "fold=2020.0123456789abcdef"});
    ASSERT_TRUE(other.ok());
    write_file(run_dir.staging_name(k_fit) + "/out/deep/x", "x");
    ASSERT_EQ(names_in(run_dir.staging()).size(), 2U);
    const auto mine = Staging::begin(run_dir, k_fit);
    ASSERT_TRUE(mine.ok());
    EXPECT_EQ(names_in(run_dir.staging()).size(), 2U);
    EXPECT_TRUE(os::is_dir(other.value()->out()));
    EXPECT_THAT(names_in(mine.value()->out()), IsEmpty());
    EXPECT_THAT(names_in(mine.value()->tmp()), IsEmpty());
}

TEST_F(PublishTest, ExpectedFilesOrNone) {
    const RunDir run_dir = make();
    const auto done = publish_files(run_dir, record_of(k_fit, "k", {"a"}), {{"a", "x"}}, {.digest_cache = std::nullopt, .expected_manifest = core::sha256("other")});
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code(), core::Errc::corrupt);
    EXPECT_THAT(list_done(run_dir).value_or({}), IsEmpty());
}

TEST_F(PublishTest, RecordsInTheWrongPlaceAreNotBelieved) {
    const RunDir run_dir = make();
    ASSERT_TRUE(publish_files(run_dir, k_fit, "k", {{"a", "x"}}).ok());
    const StageInstance other{"fit", "fold=2021"};
    std::filesystem::create_directories(run_dir.instance_dir(other));
    std::filesystem::copy(run_dir.published(k_fit, key_of("k").key), run_dir.published(other, key_of("k").key), std::filesystem::copy_options::recursive);
    const auto done = read_done(run_dir, other, key_of("k").key);
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code(), core::Errc::corrupt);
    EXPECT_THAT(done.error().message(), HasSubstr("record of another result, of fit[fold=2020]"));
    EXPECT_FALSE(current_result(run_dir, other).value_or(DoneRecord(record_of(other, "", {}))));
    EXPECT_EQ(list_done(run_dir).value_or({}).size(), 1U);
}

TEST_F(PublishTest, ManifestOfAnotherResultIsNotBelieved) {
    const RunDir run_dir = make();
    const auto done = publish_files(run_dir, k_fit, "k", {{"a", "x"}});
    ASSERT_TRUE(done.ok());
    const std::string path = run_dir.published(k_fit, key_of("k").key) + "/manifest.json";
    make_folders_writable(run_dir.stages(), os::point::export_write);
    write_file(path, to_json(Manifest()));
    EXPECT_EQ(read_manifest(run_dir, done.value()).error().code(), core::Errc::corrupt);
    ASSERT_EQ(::unlink(path.c_str()), 0);
    EXPECT_EQ(read_manifest(run_dir, done.value()).error().code(), core::Errc::corrupt);
}

TEST_F(PublishTest, CurrentThatPointsNowhereIsMadeUpFor) {
    const RunDir run_dir = make();
    ASSERT_TRUE(publish_files(run_dir, k_fit, "b", {{"a", "late"}}, 30).ok());
    ASSERT_TRUE(publish_files(run_dir, k_fit, "a", {{"a", "early"}}, 20).ok());
    const std::string path = run_dir.instance_dir(k_fit) + "/current";
    EXPECT_EQ(current_result(run_dir, k_fit).value_or(std::nullopt)->key.key, key_of("a").key);
    for (const std::string& text : {std::string("nonsense"), core::sha256("gone").hex(), std::string()}) {
        write_file(path, text);
        EXPECT_EQ(current_result(run_dir, k_fit).value_or(std::nullopt)->key.key, key_of("b").key) << text;
    }
    ASSERT_EQ(::unlink(path.c_str()), 0);
    EXPECT_EQ(current_result(run_dir, k_fit).value_or(std::nullopt)->key.key, key_of("b").key);
}

// Each waits for the lease of the instance: one publishes, the others hear that it is done, and nobody removes what another is making.
TEST_F(PublishTest, OfManyWritersOnePublishes) {
    const RunDir run_dir = make();
    constexpr int k_writers = 6;
    std::vector<pid_t> children;
    for (int i = 0; i < k_writers; ++i) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            auto lease = run_dir.take_lease(k_fit, "test");
            while (!lease.ok() && lease.error().code() == core::Errc::busy) {
                ::sched_yield();
                lease = run_dir.take_lease(k_fit, "test");
            }
            if (!lease.ok()) { ::_exit(1); }
            const std::string text = core::cat("writer ", i);
            const auto done = publish_files(run_dir, k_fit, "k", {{"a", text}, {"b", text}});
            const int status = done.ok() ? 0 : done.error().code() == core::Errc::conflict ? 4 : 1;
            std::move(lease).take().reset();
            ::_exit(status);
        }
        children.push_back(child);
    }
    std::vector<int> statuses;
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFEXITED(status));
        statuses.push_back(WEXITSTATUS(status));
    }
    std::sort(statuses.begin(), statuses.end());
    EXPECT_THAT(statuses, ElementsAre(0, 4, 4, 4, 4, 4));
    EXPECT_EQ(text_of(run_dir.path() + "/a"), text_of(run_dir.path() + "/b"));
    EXPECT_THAT(names_in(run_dir.staging()), IsEmpty());
    EXPECT_THAT(names_in(run_dir.leases()), IsEmpty());
}

TEST_F(PublishTest, WhoIsNotRootPublishesReplacesAndDiscards) {
    const RunDir made = make();
    if (::geteuid() == 0) {
        for (const std::string& path : {dir_.path(), dir_ / "runs", made.path(), made.stages(), made.leases()}) { ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0); }
    }
    {
        const runlake::testing::AsNobody nobody;
        ASSERT_TRUE(publish_files(made, k_fit, "k", {{"a/b/c", "first"}}).ok());
        const auto again = publish_files(made, record_of(k_fit, "k", {"a/b/"}), {{"a/b/c", "second"}}, {.digest_cache = std::nullopt, .expected_manifest = std::nullopt, .replace = true});
        ASSERT_TRUE(again.ok()) << again.error().message();
        EXPECT_EQ(text_of(made.path() + "/a/b/c"), "second");
        ASSERT_TRUE(discard(made, k_fit, key_of("k").key).ok());
        EXPECT_THAT(names_in(made.staging()), IsEmpty());
        EXPECT_THAT(names_in(made.instance_dir(k_fit)), ElementsAre("current"));
        // A program that takes away the right to read from its own folders leaves nothing behind either.
        auto staging = Staging::begin(made, k_fit);
        ASSERT_TRUE(staging.ok());
        write_file(staging.value()->out() + "/x/y", "z");
        ASSERT_EQ(::chmod((staging.value()->out() + "/x").c_str(), 0), 0);
        EXPECT_EQ(publish(made, *staging.value(), record_of(k_fit, "k", {"x/"})).error().code(), core::Errc::io);
        staging.value().reset();
        EXPECT_THAT(names_in(made.staging()), IsEmpty());
    }
}

}  // namespace
}  // namespace runlake::rundir
