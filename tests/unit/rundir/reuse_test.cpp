// SPDX-License-Identifier: Apache-2.0
// Reuse across run directories: pointers that can be wrong without harm, and files that come over whole.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/rundir/support.hpp"

namespace runlake::rundir {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::key_of;
using testing::record_of;
using testing::write_file;

const StageInstance k_fit{"fit", "fold=2020"};

class ReuseTest : public testing::RunDirTest {
  protected:
    void SetUp() override {
        auto done = publish_files(first_, record_of(k_fit, "k", {"a/", "tool"}), {{"a/b", "text"}, {"tool", "#!"}});
        ASSERT_TRUE(done.ok());
        ASSERT_TRUE(remember(store_, first_, done.value()).ok());
    }
    std::optional<Elsewhere> find() const { return find_elsewhere(store_, key_of("k").key).value_or(std::nullopt); }
    std::string pointer() const { return store_ + "/cache/stages/" + key_of("k").key.hex(); }

    core::Result<DoneRecord> reuse(const RunDir& into) {
        const std::optional<Elsewhere> from = find();
        if (!from) { return core::Error(core::Errc::not_found, "no pointer"); }
        RL_ASSIGN(const std::unique_ptr<Staging> staging, Staging::begin(into, k_fit));
        RL_TRY(bring(*from, *staging));
        DoneRecord done = from->done;
        done.cached_from = os::base_name(from->run_dir);
        done.published_by = os::new_run_id();
        return publish(into, *staging, done, {.digest_cache = std::nullopt, .expected_manifest = from->done.manifest, .replace = false});
    }

    std::string store_ = dir_ / "store";
    RunDir first_ = make();
    RunDir second_ = make();
};

TEST_F(ReuseTest, FilesComeOverWhole) {
    const auto done = reuse(second_);
    ASSERT_TRUE(done.ok()) << done.error().message();
    EXPECT_EQ(text_of(second_.path() + "/a/b"), "text");
    EXPECT_EQ(done.value().cached_from, "20250505_143022_corn_usa");
    EXPECT_NE(done.value().published_by, done.value().run_id);
    EXPECT_THAT(names_in(second_.staging()), IsEmpty());
    // Both stand alone: the first can go.
    make_folders_writable(first_.path(), os::point::export_write);
    std::filesystem::remove_all(first_.path());
    EXPECT_EQ(text_of(second_.path() + "/a/b"), "text");
    EXPECT_FALSE(find());
}

TEST_F(ReuseTest, ByLinkOrByCopy) {
    ASSERT_TRUE(reuse(second_).ok());
    const auto linked = os::stat_path(second_.path() + "/a/b");
    const auto original = os::stat_path(first_.path() + "/a/b");
    // A file system that shares blocks makes another file; one that does not, a link.
    EXPECT_TRUE(linked->st_ino == original->st_ino || linked->st_nlink == 1U);
    const RunDir third = make();
    // Passing 1 makes the folder; then, of the first file: create and share (2, 3); then link (4).
    ASSERT_TRUE(os::configure_faults("stage.bring:eacces:4"));
    const auto done = reuse(third);
    ASSERT_TRUE(os::configure_faults(""));
    ASSERT_TRUE(done.ok()) << done.error().message();
    EXPECT_EQ(text_of(third.path() + "/a/b"), "text");
    EXPECT_EQ(os::stat_path(third.path() + "/a/b")->st_mode & 0777U, 0444U);
}

TEST_F(ReuseTest, PointersThatAreWrongAreNone) {
    for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string("{}"), core::cat("{\"run_dir\":\"", first_.path(), "\",\"stage\":\"fit\",\"instance\":\"fold=2021\"}"),
                                    core::cat("{\"run_dir\":\"", dir_ / "gone", "\",\"stage\":\"fit\",\"instance\":\"fold=2020\"}"),
                                    core::cat("{\"run_dir\":\"", first_.path(), "\",\"stage\":\"../fit\",\"instance\":\"fold=2020\"}")}) {
        write_file(pointer(), text);
        const auto found = find_elsewhere(store_, key_of("k").key);
        ASSERT_TRUE(found.ok()) << text;
        EXPECT_FALSE(found.value()) << text;
    }
    EXPECT_FALSE(find_elsewhere(store_, key_of("other").key).value_or(Elsewhere{"", record_of(k_fit, "", {})}));
}

TEST_F(ReuseTest, ResultsThatMustNotBeReused) {
    EXPECT_TRUE(find());
    const DoneRecord done = read_done(first_, k_fit, key_of("k").key).value_or(std::nullopt).value_or(record_of(k_fit, "", {}));
    const core::RunId second = os::new_run_id();
    ASSERT_TRUE(mark_nondeterministic(first_, done, {{DifferenceKind::changed, "a/b", std::nullopt, std::nullopt}}, second).ok());
    EXPECT_TRUE(is_nondeterministic(first_, k_fit).value_or(false));
    EXPECT_FALSE(is_nondeterministic(second_, k_fit).value_or(true));
    EXPECT_FALSE(find());
    const std::string mark = text_of(first_.instance_dir(k_fit) + "/nondeterministic.json");
    EXPECT_NE(mark.find(second.str()), std::string::npos);
    EXPECT_NE(mark.find("a/b"), std::string::npos);
}

TEST_F(ReuseTest, InputsThatChangedMeanwhileAreNeverReused) {
    DoneRecord changed = record_of(k_fit, "changed", {"a"});
    changed.inputs_changed = true;
    const auto done = publish_files(first_, changed, {{"a", "x"}});
    ASSERT_TRUE(done.ok());
    ASSERT_TRUE(remember(store_, first_, done.value()).ok());
    EXPECT_FALSE(os::exists(store_ + "/cache/stages/" + done.value().key.key.hex()));
    // Nor by a pointer that is there all the same.
    ASSERT_TRUE(os::rename_replace(pointer(), store_ + "/cache/stages/" + done.value().key.key.hex(), os::point::export_write).ok());
    EXPECT_FALSE(find_elsewhere(store_, done.value().key.key).value_or(Elsewhere{"", changed}));
}

TEST_F(ReuseTest, WhatWasTamperedWithIsNotPassedOn) {
    const std::string out = first_.published(k_fit, key_of("k").key) + "/out";
    make_folders_writable(out, os::point::export_write);
    write_file(out + "/a/b", "tamp");
    auto done = reuse(second_);
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code(), core::Errc::corrupt);
    ASSERT_EQ(::unlink((out + "/a/b").c_str()), 0);
    done = reuse(second_);
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code(), core::Errc::not_found);
    EXPECT_THAT(list_done(second_).value_or({}), IsEmpty());
    EXPECT_THAT(names_in(second_.staging()), IsEmpty());
}

// Links to one file move its ctime: that others link to it, or let go of it, is no change of what is being read.
TEST_F(ReuseTest, ManyReuseOneResultAtOnce) {
    constexpr int k_processes = 8;
    std::vector<RunDir> targets;
    for (int i = 0; i < k_processes; ++i) { targets.push_back(make()); }
    std::vector<pid_t> children;
    for (int i = 0; i < k_processes; ++i) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            bool good = true;
            for (int round = 0; round < 6 && good; ++round) {
                const core::Result<DoneRecord> done = reuse(targets[static_cast<std::size_t>(i)]);
                good = done.ok() && discard(targets[static_cast<std::size_t>(i)], k_fit, key_of("k").key).ok();
                if (!done.ok()) { std::fprintf(stderr, "%s\n", done.error().message().c_str()); }
            }
            ::_exit(good && reuse(targets[static_cast<std::size_t>(i)]).ok() ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    for (const RunDir& target : targets) { EXPECT_EQ(text_of(target.path() + "/a/b"), "text"); }
}

TEST_F(ReuseTest, FailuresWhileBringingLeaveNothing) {
    int failures = 0;
    for (const char* const action : {"enospc", "eio", "short"}) {
        for (int n = 1; n < 12; ++n) {
            ASSERT_TRUE(os::configure_faults(core::cat("stage.bring:", action, ':', n)));
            const auto done = reuse(second_);
            ASSERT_TRUE(os::configure_faults(""));
            EXPECT_THAT(names_in(second_.staging()), IsEmpty()) << action << n;
            if (done.ok()) {
                ASSERT_TRUE(discard(second_, k_fit, key_of("k").key).ok());
            } else {
                ++failures;
                EXPECT_EQ(done.error().code(), core::Errc::io);
                EXPECT_THAT(list_done(second_).value_or({}), IsEmpty()) << action << n;
            }
            EXPECT_EQ(text_of(first_.path() + "/a/b"), "text");
        }
    }
    EXPECT_GT(failures, 5);
}

TEST_F(ReuseTest, KilledWhileBringing) {
    for (const char* const action : {"kill", "kill_after"}) {
        for (int n = 1;; ++n) {
            const pid_t child = ::fork();
            ASSERT_GE(child, 0);
            if (child == 0) {
                if (!os::configure_faults(core::cat("stage.bring:", action, ':', n))) { ::_exit(3); }
                ::_exit(reuse(second_).ok() ? 0 : 1);
            }
            int status = 0;
            ASSERT_EQ(::waitpid(child, &status, 0), child);
            EXPECT_EQ(text_of(first_.path() + "/a/b"), "text");
            if (WIFEXITED(status)) {
                ASSERT_EQ(WEXITSTATUS(status), 0);
                ASSERT_GT(n, 3);
                ASSERT_TRUE(discard(second_, k_fit, key_of("k").key).ok());
                break;
            }
            EXPECT_THAT(list_done(second_).value_or({}), IsEmpty());
        }
    }
    ASSERT_TRUE(reuse(second_).ok());
    EXPECT_THAT(names_in(second_.staging()), IsEmpty());
}

// Nextflow #7471: the writer of the cache swallowed its error, and a run that had succeeded left nothing to resume from.
TEST_F(ReuseTest, APointerThatCannotBeWrittenIsAnErrorNextflow7471) {
    const DoneRecord done = read_done(first_, k_fit, key_of("k").key).value_or(std::nullopt).value_or(record_of(k_fit, "", {}));
    ASSERT_TRUE(os::configure_faults("stage_cache.write:enospc:1+"));
    const auto written = remember(store_ + "2", first_, done);
    ASSERT_TRUE(os::configure_faults(""));
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().code(), core::Errc::io);
}

}  // namespace
}  // namespace runlake::rundir
