// SPDX-License-Identifier: Apache-2.0
// Run directories in an object store, with a program in rclone's place that keeps objects in a folder and can fail.
#include "rundir/remote.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "rundir/remote_retention.hpp"
#include "rundir/remote_tree.hpp"
#include "rundir/state.hpp"
#include "tests/unit/rundir/support.hpp"

namespace runlake::rundir {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Files;
using testing::key_of;
using testing::record_of;

const StageInstance k_fit{"fit", "fold=2020"};
const StageInstance k_report{"report", "-"};

RemoteUri uri_of(std::string_view text) {
    auto uri = RemoteUri::parse(text);
    if (!uri.ok()) { ::abort(); }
    return std::move(uri).take();
}

TEST(RemoteUriTest, IsToldFromAPath) {
    for (const char* text : {"s3://b/x", "store://b//x", "A-1+.x_://b"}) { EXPECT_TRUE(RemoteUri::is_one(text)) << text; }
    for (const char* text : {"runs/x", "/a://b", "://b", "s3:/b", "1s://b", "", "a b://c", "./s3://b"}) { EXPECT_FALSE(RemoteUri::is_one(text)) << text; }
}

TEST(RemoteUriTest, IsKeptToTheLetter) {
    const RemoteUri uri = uri_of("s3://bucket//a///b%20c/x y");
    EXPECT_EQ(uri.text(), "s3://bucket//a///b%20c/x y");
    EXPECT_EQ(uri.scheme(), "s3");
    EXPECT_EQ(uri.place(), "bucket//a///b%20c/x y");
    EXPECT_EQ(uri.name(), "x y");
    EXPECT_EQ(uri.child("run.json"), "s3://bucket//a///b%20c/x y/run.json");
    EXPECT_EQ(uri_of("s3://b/x/").name(), "x");
    EXPECT_EQ(uri_of("s3://b/x/").child("run.json"), "s3://b/x/run.json");
    EXPECT_NE(remote_folder("/s", uri_of("s3://b//x")), remote_folder("/s", uri_of("s3://b/x")));
    for (const char* base : {"s3://b", "s3://b/", "s3://b//runs", "s3://b//runs/"}) {
        EXPECT_EQ(remote_folder("/s", uri_of(uri_of(base).child("20260101_000000_x"))), remote_base_folder("/s", uri_of(base)) + "/20260101_000000_x") << base;
    }
}

TEST(RemoteUriTest, WhatCanNotBeKeptIsRefused) {
    for (const char* text : {"runs/x", "s3://", "s3:///x", "s3://b/x//", "s3://b/../x", "s3://b/./x", "s3://b/..", "file:///tmp", "s3://b/\n", "s3://b/\xff"}) {
        const auto uri = RemoteUri::parse(text);
        ASSERT_FALSE(uri.ok()) << text;
        EXPECT_EQ(uri.error().code(), core::Errc::usage) << text;
    }
}

TEST(RemoteTreeTest, NamesFromOutsideBecomeNoPaths) {
    const std::string key(64, 'a');
    EXPECT_TRUE(parse_result_object(".stages/fit/fold=1/" + key + "/out/a/b"));
    for (const std::string& name : {".stages/../x/" + key + "/out/a", ".stages/fit/-/" + key + "/out/../../x", ".stages/fit/-/" + key + "/out//x", ".stages/fit/-/" + key + "/other",
                                    std::string(".stages/fit/-/short/out/x"), std::string(".stages/fit/-/wrong"), std::string("../run.json"), ".stages/fit/-/" + key + "/out/a\nb"}) {
        EXPECT_FALSE(parse_result_object(name)) << name;
    }
    const RemoteTree tree = sort_objects({{"run.json", 1}, {"attempts/../x/config_train.yaml", 1}, {"attempts/1/config_train.yaml", 1}, {".stages/fit/-/" + key + "/out/x", 1}, {"view.csv", 1}});
    EXPECT_THAT(tree.records, ElementsAre("attempts/1/config_train.yaml", "run.json"));
    EXPECT_THAT(tree.results, IsEmpty()) << "without DONE.json there is no result";
    EXPECT_FALSE(tree.empty);
}

class RemoteTest : public testing::RunDirTest {
  protected:
    void SetUp() override {
        fs::create_directories(dir_ / "bin");
        fs::create_symlink(RUNLAKE_SOURCE_DIR "/tests/support/fake_rclone.py", dir_ / "bin/rclone");
        ASSERT_EQ(::setenv("PATH", (dir_ / "bin" + ":/usr/bin:/bin").c_str(), 1), 0);
        ASSERT_EQ(::setenv("FAKE_RCLONE_STORE", (dir_ / "objects").c_str(), 1), 0);
        for (const char* name : {"FAKE_RCLONE_FAIL", "FAKE_RCLONE_LOSE", "FAKE_RCLONE_VERSION"}) { ::unsetenv(name); }
    }

    RunDir filled() {
        const RunDir run_dir = make();
        EXPECT_TRUE(publish_files(run_dir, k_fit, "k", {{"models/2020/model.json", "{}"}, {"models/2020/w.bin", std::string(5000, 'w')}}).ok());
        EXPECT_TRUE(publish_files(run_dir, k_report, "r", {{"reports/a.csv", "a,b\n"}}).ok());
        return run_dir;
    }

    // Names of the objects, less the place they are in.
    std::vector<std::string> objects(const std::string& below) const {
        std::vector<std::string> names;
        for (const fs::directory_entry& entry : fs::directory_iterator(dir_ / "objects")) {
            std::string name;
            const std::string quoted = entry.path().filename();
            for (std::size_t i = 0; i < quoted.size(); ++i) {
                if (quoted[i] == '%') {
                    name.push_back(static_cast<char>(std::stoi(quoted.substr(i + 1, 2), nullptr, 16)));
                    i += 2;
                } else {
                    name.push_back(quoted[i]);
                }
            }
            if (name.starts_with(below)) { names.push_back(name.substr(below.size())); }
        }
        std::sort(names.begin(), names.end());
        return names;
    }
    // Every DONE.json there has its manifest and every file of it, with the right bytes: what a reader relies on.
    void expect_no_false_done(const RemoteUri& uri, const std::string& folder) {
        fs::remove_all(folder);
        const auto copy = fetch(uri, folder, FetchDepth::files);
        if (!copy.ok()) {
            EXPECT_EQ(copy.error().code(), core::Errc::not_found) << copy.error().message();
            fs::remove_all(folder);
            return;
        }
        for (const DoneRecord& done : list_done(copy.value()).value_or({})) {
            const auto manifest = read_manifest(copy.value(), done);
            ASSERT_TRUE(manifest.ok()) << manifest.error().message();
            const auto differences = verify_tree(copy.value().published(done.which, done.key.key) + "/out", manifest.value(), std::nullopt, true);
            ASSERT_TRUE(differences.ok()) << differences.error().message();
            EXPECT_THAT(differences.value(), IsEmpty()) << done.which.str();
        }
        fs::remove_all(folder);
    }

    RemoteUri uri_ = uri_of("store://bucket//runs/one");
};

TEST_F(RemoteTest, PushedAndPulledItIsTheSame) {
    const RunDir run_dir = filled();
    const auto pushed = push(run_dir, uri_, std::nullopt);
    ASSERT_TRUE(pushed.ok()) << pushed.error().message();
    EXPECT_EQ(pushed.value().results, 2U);
    EXPECT_THAT(objects("bucket//runs/one/reports/"), ElementsAre("a.csv")) << "the view is there for people, and // is kept";
    EXPECT_THAT(objects("bucket//runs/one/.stages/.leases"), IsEmpty());

    const auto pulled = pull(uri_, dir_ / "elsewhere/one", std::nullopt);
    ASSERT_TRUE(pulled.ok()) << pulled.error().message();
    EXPECT_EQ(pulled.value().results, 2U);
    const auto status = status_of(pulled.value().run_dir, Check::content, std::nullopt);
    ASSERT_TRUE(status.ok()) << status.error().message();
    EXPECT_EQ(status.value().state, State::done);
    EXPECT_EQ(text_of(dir_ / "elsewhere/one/models/2020/w.bin"), std::string(5000, 'w'));
    for (const DoneRecord& done : list_done(run_dir).value_or({})) {
        EXPECT_EQ(text_of(pulled.value().run_dir.published(done.which, done.key.key) + "/DONE.json"), text_of(run_dir.published(done.which, done.key.key) + "/DONE.json"));
    }
    const auto again = pull(uri_, dir_ / "elsewhere/one", std::nullopt);
    ASSERT_TRUE(again.ok()) << again.error().message();
    EXPECT_EQ(again.value().results, 0U);
    const auto nothing = push(pulled.value().run_dir, uri_, std::nullopt);
    ASSERT_TRUE(nothing.ok()) << nothing.error().message();
    EXPECT_EQ(nothing.value().results, 0U);
    EXPECT_THAT(names_in(dir_ / "elsewhere"), ElementsAre("one")) << "nothing is left beside it";
}

TEST_F(RemoteTest, ProgramsStayPrograms) {
    const RunDir run_dir = make();
    const auto staging = Staging::begin(run_dir, k_fit);
    ASSERT_TRUE(staging.ok());
    testing::write_file(staging.value()->out() + "/bin/tool", "#!/bin/sh\n", 0755);
    ASSERT_TRUE(publish(run_dir, *staging.value(), record_of(k_fit, "k", {"bin/tool"})).ok());
    ASSERT_TRUE(push(run_dir, uri_, std::nullopt).ok());
    expect_no_false_done(uri_, dir_ / "look");
    const auto pulled = pull(uri_, dir_ / "there", std::nullopt);
    ASSERT_TRUE(pulled.ok()) << pulled.error().message();
    EXPECT_NE(os::stat_path(dir_ / "there/bin/tool")->st_mode & 0100U, 0U);
}

TEST_F(RemoteTest, WhatIsMadeHereAfterwardsIsPushedAlone) {
    const RunDir run_dir = filled();
    ASSERT_TRUE(push(run_dir, uri_, std::nullopt).ok());
    auto pulled = pull(uri_, dir_ / "there", std::nullopt);
    ASSERT_TRUE(pulled.ok()) << pulled.error().message();
    ASSERT_TRUE(publish_files(pulled.value().run_dir, k_report, "r2", {{"reports/a.csv", "new\n"}}, 30).ok());
    // Another pull does not take it back.
    ASSERT_TRUE(pull(uri_, dir_ / "there", std::nullopt).ok());
    EXPECT_EQ(text_of(dir_ / "there/reports/a.csv"), "new\n");
    const auto pushed = push(pulled.value().run_dir, uri_, std::nullopt);
    ASSERT_TRUE(pushed.ok()) << pushed.error().message();
    EXPECT_EQ(pushed.value().results, 1U);
    // The first folder learns of it.
    ASSERT_TRUE(pull(uri_, run_dir.path(), std::nullopt).ok());
    EXPECT_EQ(text_of(run_dir.path() + "/reports/a.csv"), "new\n");
}

TEST_F(RemoteTest, AResultMadeAnewUnderItsKeyReplacesTheEarlier) {
    const RunDir run_dir = filled();
    ASSERT_TRUE(push(run_dir, uri_, std::nullopt).ok());
    ASSERT_TRUE(publish_files(run_dir, record_of(k_report, "r", {"reports/"}, 40), {{"reports/b.csv", "other\n"}}, {.digest_cache = std::nullopt, .expected_manifest = std::nullopt, .replace = true}).ok());
    const auto pushed = push(run_dir, uri_, std::nullopt);
    ASSERT_TRUE(pushed.ok()) << pushed.error().message();
    EXPECT_EQ(pushed.value().results, 1U);
    expect_no_false_done(uri_, dir_ / "look");
    ASSERT_TRUE(pull(uri_, dir_ / "there", std::nullopt).ok());
    EXPECT_EQ(text_of(dir_ / "there/reports/b.csv"), "other\n");
}

TEST_F(RemoteTest, NoDoneWithoutItsResultWhereverItStops) {
    const RunDir run_dir = filled();
    int stopped = 0;
    for (int n = 1; n < 60; ++n) {
        fs::remove_all(dir_ / "objects");
        fs::remove(dir_ / "fake-rclone-calls");
        ASSERT_EQ(::setenv("FAKE_RCLONE_FAIL", std::to_string(n).c_str(), 1), 0);
        const auto pushed = push(run_dir, uri_, std::nullopt);
        ::unsetenv("FAKE_RCLONE_FAIL");
        expect_no_false_done(uri_, dir_ / "look");
        if (pushed.ok()) { break; }
        ++stopped;
        EXPECT_EQ(pushed.error().code(), core::Errc::io);
        EXPECT_THAT(pushed.error().message(), HasSubstr("the network is gone"));
        // The next one finishes it.
        const auto again = push(run_dir, uri_, std::nullopt);
        ASSERT_TRUE(again.ok()) << n << ": " << again.error().message();
        const auto whole = pull(uri_, dir_ / "whole", std::nullopt);
        ASSERT_TRUE(whole.ok()) << n << ": " << whole.error().message();
        EXPECT_EQ(whole.value().results, 2U) << n;
        make_folders_writable(dir_ / "whole", os::point::export_write);
        fs::remove_all(dir_ / "whole");
    }
    EXPECT_GE(stopped, 6);
}

TEST_F(RemoteTest, APullThatStopsLeavesWholeResultsAlone) {
    ASSERT_TRUE(push(filled(), uri_, std::nullopt).ok());
    int stopped = 0;
    for (int n = 1; n < 20; ++n) {
        fs::remove(dir_ / "fake-rclone-calls");
        ASSERT_EQ(::setenv("FAKE_RCLONE_FAIL", std::to_string(n).c_str(), 1), 0);
        const auto pulled = pull(uri_, dir_ / "there", std::nullopt);
        ::unsetenv("FAKE_RCLONE_FAIL");
        if (pulled.ok()) { break; }
        ++stopped;
        const auto again = pull(uri_, dir_ / "there", std::nullopt);
        ASSERT_TRUE(again.ok()) << again.error().message();
        EXPECT_EQ(status_of(again.value().run_dir, Check::content, std::nullopt).value_or({}).state, State::done);
        make_folders_writable(dir_ / "there", os::point::export_write);
        fs::remove_all(dir_ / "there");
    }
    EXPECT_GE(stopped, 3);
}

TEST_F(RemoteTest, WhatDoesNotArriveIsNotDone) {
    const RunDir run_dir = filled();
    ASSERT_EQ(::setenv("FAKE_RCLONE_LOSE", "w.bin", 1), 0);
    const auto pushed = push(run_dir, uri_, std::nullopt);
    ASSERT_FALSE(pushed.ok());
    EXPECT_EQ(pushed.error().code(), core::Errc::io);
    EXPECT_THAT(pushed.error().message(), HasSubstr("w.bin did not arrive"));
    for (const std::string& name : objects("bucket//runs/one/")) { EXPECT_FALSE(name.ends_with("DONE.json")) << name; }
}

TEST_F(RemoteTest, DamageThereIsNotTakenIn) {
    ASSERT_TRUE(push(filled(), uri_, std::nullopt).ok());
    for (const fs::directory_entry& entry : fs::directory_iterator(dir_ / "objects")) {
        const std::string name = entry.path().filename();
        if (name.ends_with("w.bin") && name.find("stages") != std::string::npos) { std::ofstream(entry.path()) << std::string(5000, 'x'); }
    }
    const auto pulled = pull(uri_, dir_ / "there", std::nullopt);
    ASSERT_FALSE(pulled.ok());
    EXPECT_EQ(pulled.error().code(), core::Errc::corrupt);
    const auto here = RunDir::open(dir_ / "there");
    ASSERT_TRUE(here.ok());
    EXPECT_FALSE(read_done(here.value(), k_fit, key_of("k").key).value_or(std::nullopt));
}

TEST_F(RemoteTest, ADamagedResultIsNotPushed) {
    const RunDir run_dir = filled();
    const std::string path = run_dir.published(k_fit, key_of("k").key) + "/out/models/2020/model.json";
    fs::permissions(path, fs::perms::owner_all);
    std::ofstream(path) << "[]";
    const auto pushed = push(run_dir, uri_, std::nullopt);
    ASSERT_FALSE(pushed.ok());
    EXPECT_EQ(pushed.error().code(), core::Errc::corrupt);
    EXPECT_FALSE(fs::exists(dir_ / "objects") && !fs::is_empty(dir_ / "objects"));
}

TEST_F(RemoteTest, AnotherOnesPlaceIsLeftAlone) {
    ASSERT_TRUE(push(filled(), uri_, std::nullopt).ok());
    const auto before = objects("");
    const auto other = push(filled(), uri_, std::nullopt);
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().code(), core::Errc::conflict);
    EXPECT_EQ(objects(""), before);
    const auto pulled = pull(uri_, filled().path(), std::nullopt);
    ASSERT_FALSE(pulled.ok());
    EXPECT_EQ(pulled.error().code(), core::Errc::conflict);
    std::ofstream(dir_ / "objects/bucket%2Fprecious%2Ffile") << "mine";
    const auto beside = push(filled(), uri_of("store://bucket/precious"), std::nullopt);
    ASSERT_FALSE(beside.ok());
    EXPECT_EQ(beside.error().code(), core::Errc::conflict);
    EXPECT_THAT(objects("bucket/precious/"), ElementsAre("file"));
}

TEST_F(RemoteTest, NobodyPushesWhileAnotherDoes) {
    const RunDir run_dir = filled();
    ASSERT_TRUE(push(run_dir, uri_, std::nullopt).ok());
    const std::string lock = dir_ / "objects/bucket%2F%2Fruns%2Fone%2F.stages%2F.leases%2Fremote-0123456789abcdef0123456789abcdef";
    core::Json said = core::Json::object();
    said.set("version", 1).set("process", to_json(os::this_process())).set("host", "elsewhere");
    std::ofstream(lock) << core::to_json(said);
    const auto busy = push(run_dir, uri_, std::nullopt);
    ASSERT_FALSE(busy.ok());
    EXPECT_EQ(busy.error().code(), core::Errc::busy);
    EXPECT_THAT(busy.error().message(), HasSubstr("elsewhere"));
    EXPECT_EQ(objects("bucket//runs/one/.stages/.leases/").size(), 1U) << "its own is gone again";
    // Of a process of this machine that is gone, it is taken away.
    os::ProcessId dead = os::this_process();
    dead.start_ticks += 1;
    said.set("process", to_json(dead));
    std::ofstream(lock) << core::to_json(said);
    const auto pushed = push(run_dir, uri_, std::nullopt);
    ASSERT_TRUE(pushed.ok()) << pushed.error().message();
    EXPECT_THAT(objects("bucket//runs/one/.stages/.leases/"), IsEmpty());
}

TEST_F(RemoteTest, SlashesAreKeptOrNothingIsSent) {
    const RunDir run_dir = filled();
    ASSERT_EQ(::setenv("FAKE_RCLONE_VERSION", "1.60.1-DEV", 1), 0);
    const auto pushed = push(run_dir, uri_, std::nullopt);
    ASSERT_FALSE(pushed.ok());
    EXPECT_EQ(pushed.error().code(), core::Errc::unsupported);
    EXPECT_THAT(pushed.error().message(), HasSubstr("rclone 1.60 would write to another place"));
    EXPECT_TRUE(fs::is_empty(dir_ / "objects"));
    EXPECT_TRUE(push(run_dir, uri_of("store://bucket/one"), std::nullopt).ok()) << "without // any version does";
}

TEST_F(RemoteTest, WithoutRcloneItSaysWhatIsMissing) {
    ASSERT_EQ(::setenv("PATH", "/nonexistent", 1), 0);
    const auto pulled = pull(uri_, dir_ / "there", std::nullopt);
    ASSERT_FALSE(pulled.ok());
    EXPECT_EQ(pulled.error().code(), core::Errc::unsupported);
    EXPECT_THAT(pulled.error().message(), HasSubstr("apt-get install rclone"));
    EXPECT_FALSE(fs::exists(dir_ / "there"));
}

TEST_F(RemoteTest, UnknownPlacesAndSchemes) {
    const auto nothing = pull(uri_, dir_ / "there", std::nullopt);
    ASSERT_FALSE(nothing.ok());
    EXPECT_EQ(nothing.error().code(), core::Errc::not_found);
    EXPECT_FALSE(fs::exists(dir_ / "there"));
    const auto unknown = fetch(uri_of("elsewhere://b/x"), dir_ / "there", FetchDepth::records);
    ASSERT_FALSE(unknown.ok());
    EXPECT_EQ(unknown.error().code(), core::Errc::usage);
    EXPECT_THAT(unknown.error().message(), HasSubstr("RCLONE_CONFIG_"));
}

TEST_F(RemoteTest, ThoseBelowABaseAreListed) {
    ASSERT_TRUE(push(filled(), uri_of("store://bucket//runs/b"), std::nullopt).ok());
    ASSERT_TRUE(push(filled(), uri_of("store://bucket//runs/a"), std::nullopt).ok());
    EXPECT_THAT(list_remote(uri_of("store://bucket//runs")).value_or({}), ElementsAre("store://bucket//runs/a", "store://bucket//runs/b"));
}

// Of its own rules retention_test knows more.
TEST_F(RemoteTest, WhatIsPinnedThereStaysAndTheRestGoes) {
    for (const char* name : {"old", "new", "kept", "busy"}) {
        clock_.at.micros += 1'000'000;
        // By a process that has ended: who is still there counts as working in it.
        const pid_t child = ::fork();
        if (child == 0) { ::_exit(push(filled(), uri_of(std::string("store://bucket//runs/") + name), std::nullopt).ok() ? 0 : 1); }
        int status = 1;
        ::waitpid(child, &status, 0);
        ASSERT_EQ(status, 0);
    }
    const RemoteUri kept = uri_of("store://bucket//runs/kept");
    EXPECT_EQ(pin_remote(kept, "paper").value_or("?"), std::nullopt);
    EXPECT_EQ(pin_remote(kept, "camera-ready").value_or(std::nullopt), "paper");
    EXPECT_EQ(pin_remote(uri_of("store://bucket//runs/none"), "x").error().code(), core::Errc::not_found);
    const std::string lock = dir_ / "objects/bucket%2F%2Fruns%2Fbusy%2F.stages%2F.leases%2Fremote-0123456789abcdef0123456789abcdef";
    core::Json said = core::Json::object();
    said.set("version", 1).set("process", to_json(os::this_process())).set("host", "elsewhere");
    std::ofstream(lock) << core::to_json(said);

    const auto plan = plan_remote_gc(uri_of("store://bucket//runs"), {.keep_last = 0}, clock_);
    ASSERT_TRUE(plan.ok()) << plan.error().message();
    std::vector<std::string> lines;
    for (const GcItem& item : plan.value().items) { lines.push_back(core::cat(item.path.substr(21), item.remove ? " - " : " + ", item.reason)); }
    EXPECT_THAT(lines, ElementsAre("busy + somebody pushes to it", "kept + pinned: camera-ready", "new - not one of the 0 newest of corn_usa", "old - not one of the 0 newest of corn_usa"));
    EXPECT_GT(plan.value().bytes_removed(), 10'000U);
    // Somebody pins one of them meanwhile.
    ASSERT_TRUE(pin_remote(uri_of("store://bucket//runs/new"), "late").ok());
    const auto result = apply_remote_gc(plan.value());
    ASSERT_TRUE(result.ok()) << result.error().message();
    EXPECT_THAT(result.value().removed, ElementsAre("store://bucket//runs/old"));
    EXPECT_THAT(result.value().kept, ElementsAre("store://bucket//runs/new"));
    EXPECT_THAT(objects("bucket//runs/old"), IsEmpty());
    expect_no_false_done(uri_of("store://bucket//runs/new"), dir_ / "copy");
    EXPECT_EQ(pin_remote(kept, std::nullopt).value_or(std::nullopt), "camera-ready");
    EXPECT_EQ(pin_remote(kept, std::nullopt).value_or("?"), std::nullopt);
}

TEST_F(RemoteTest, AGcThatStopsLeavesNoFalseDone) {
    const pid_t child = ::fork();
    if (child == 0) { ::_exit(push(filled(), uri_, std::nullopt).ok() ? 0 : 1); }
    int status = 1;
    ::waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
    const auto plan = plan_remote_gc(uri_of("store://bucket//runs"), {.keep_last = 0}, clock_);
    ASSERT_TRUE(plan.ok()) << plan.error().message();
    bool done = false;
    for (int call = 1; call < 60 && !done; ++call) {
        fs::remove(dir_ / "fake-rclone-calls");
        ::setenv("FAKE_RCLONE_FAIL", std::to_string(call).c_str(), 1);
        done = apply_remote_gc(plan.value()).ok();
        ::unsetenv("FAKE_RCLONE_FAIL");
        expect_no_false_done(uri_, dir_ / "copy");
    }
    EXPECT_TRUE(done);
    EXPECT_THAT(objects("bucket//runs/one/run.json"), IsEmpty());
    EXPECT_THAT(objects("bucket//runs/one/.stages/fit"), IsEmpty());
}

TEST_F(RemoteTest, ALookAtRecordsBringsNoFiles) {
    ASSERT_TRUE(push(filled(), uri_, std::nullopt).ok());
    const auto copy = fetch(uri_, dir_ / "look", FetchDepth::records);
    ASSERT_TRUE(copy.ok()) << copy.error().message();
    const auto status = status_of(copy.value(), Check::records, std::nullopt);
    ASSERT_TRUE(status.ok()) << status.error().message();
    EXPECT_EQ(status.value().state, State::done);
    EXPECT_EQ(status.value().instances.size(), 2U);
    EXPECT_FALSE(fs::exists(copy.value().published(k_fit, key_of("k").key) + "/out"));
}

}  // namespace
}  // namespace runlake::rundir
