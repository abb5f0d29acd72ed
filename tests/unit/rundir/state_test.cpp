// SPDX-License-Identifier: Apache-2.0
// States come from DONE records and leases; that an output exists proves nothing.
#include "rundir/state.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "core/json.hpp"
#include "tests/unit/rundir/support.hpp"

namespace runlake::rundir {
namespace {

using ::testing::HasSubstr;
using testing::key_of;
using testing::write_file;

const StageInstance k_fit{"fit", "fold=2020"};
const StageInstance k_other{"fit", "fold=2021"};

class StateTest : public testing::RunDirTest {
  protected:
    RunDirStatus whole(Check check = Check::content, const std::optional<std::string>& cache = std::nullopt) const {
        auto status = status_of(run_dir_, check, cache);
        EXPECT_TRUE(status.ok()) << status.error().message();
        return std::move(status).value_or({});
    }
    InstanceStatus instance(Check check = Check::content) const {
        const RunDirStatus status = whole(check);
        for (const InstanceStatus& one : status.instances) {
            if (one.which == k_fit) { return one; }
        }
        return {};
    }
    std::string out() const { return run_dir_.published(k_fit, key_of("k").key) + "/out"; }
    void publish_one() { ASSERT_TRUE(publish_files(run_dir_, k_fit, "k", {{"a/b", "text"}, {"c", "more"}}).ok()); }

    // A lease as another process wrote it.
    void write_lease(const std::string& path, const os::ProcessId& process) {
        core::Json json = to_json(process);
        json.set("version", 1).set("token", "0123456789abcdef0123456789abcdef").set("purpose", "run fit").set("taken_at", "2025-05-05T14:30:22Z");
        write_file(path, core::to_json(json));
    }
    static os::ProcessId dead_process() {
        const pid_t child = ::fork();
        if (child == 0) { ::_exit(0); }
        os::ProcessId process = os::this_process();
        process.pid = child;
        process.start_ticks = os::start_ticks(child).value_or(1);
        ::waitpid(child, nullptr, 0);
        return process;
    }

    RunDir run_dir_ = make();
};

TEST_F(StateTest, FromAbsentToDone) {
    EXPECT_EQ(whole().state, State::absent);
    {
        const auto lease = run_dir_.take_lease(k_fit, "run fit");
        ASSERT_TRUE(lease.ok());
        const auto staging = Staging::begin(run_dir_, k_fit);
        ASSERT_TRUE(staging.ok());
        EXPECT_EQ(instance().state, State::running);
        EXPECT_EQ(whole().state, State::running);
        EXPECT_EQ(instance().holder->process, os::this_process());
    }
    EXPECT_EQ(instance().state, State::absent);   // a folder of an instance alone is nothing
    publish_one();
    for (const Check check : {Check::records, Check::files, Check::content}) { EXPECT_EQ(instance(check).state, State::done); }
    EXPECT_EQ(whole().state, State::done);
    const auto staging = Staging::begin(run_dir_, k_other);
    ASSERT_TRUE(staging.ok());
    EXPECT_EQ(whole().state, State::partial);
}

TEST_F(StateTest, AnAttemptThatLivesOrDied) {
    publish_one();
    {
        const auto attempt = run_dir_.enter("pipeline run");
        ASSERT_TRUE(attempt.ok());
        EXPECT_EQ(whole().state, State::running);
        EXPECT_EQ(whole().attempts.living, 1);
    }
    EXPECT_EQ(whole().state, State::done);
    write_lease(run_dir_.leases() + "/attempt-0123456789abcdef.lease", dead_process());
    EXPECT_EQ(whole().state, State::abandoned);
    EXPECT_EQ(whole().attempts.dead, 1);
    // The next one clears away what the dead one left.
    const auto attempt = run_dir_.enter("pipeline run");
    ASSERT_TRUE(attempt.ok());
    EXPECT_EQ(whole().attempts.dead, 0);
    EXPECT_EQ(whole().attempts.living, 1);
}

TEST_F(StateTest, AbandonedOfAProcessThatWasKilled) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto lease = run_dir_.take_lease(k_fit, "run fit");
        const auto staging = Staging::begin(run_dir_, k_fit);
        if (!lease.ok() || !staging.ok()) { ::_exit(1); }
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(instance().state, State::abandoned);
    EXPECT_EQ(whole().state, State::abandoned);
    // Whoever comes takes the lease over.
    {
        const auto lease = run_dir_.take_lease(k_fit, "run fit");
        ASSERT_TRUE(lease.ok()) << lease.error().message();
        publish_one();
    }
    EXPECT_EQ(whole().state, State::done);
}

// Another machine is judged by its heartbeat alone, however dead its pid would be here.
TEST_F(StateTest, TwoHosts) {
    os::ProcessId other = dead_process();
    other.machine = std::string(32, 'e');
    other.boot = std::string(32, 'f');
    const auto staging = Staging::begin(run_dir_, k_fit);
    ASSERT_TRUE(staging.ok());
    write_lease(run_dir_.lease(k_fit), other);
    EXPECT_EQ(instance().state, State::running);
    EXPECT_EQ(run_dir_.take_lease(k_fit, "run fit").error().code(), core::Errc::busy);
    struct stat info = *os::stat_path(run_dir_.lease(k_fit));
    const timespec old[2] = {{info.st_mtim.tv_sec - 3600, 0}, {info.st_mtim.tv_sec - 3600, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, run_dir_.lease(k_fit).c_str(), old, 0), 0);
    EXPECT_EQ(instance().state, State::abandoned);
    EXPECT_TRUE(run_dir_.take_lease(k_fit, "run fit").ok());
}

// Luigi #2112, #3273, #506: the output's existence was the proof, or DONE was without the outputs.
TEST_F(StateTest, OutputsThatAreGoneAreSeenLuigi3273) {
    publish_one();
    make_folders_writable(out(), os::point::export_write);
    ASSERT_EQ(::unlink((out() + "/a/b").c_str()), 0);
    for (const Check check : {Check::files, Check::content}) {
        const InstanceStatus status = instance(check);
        EXPECT_EQ(status.state, State::corrupt);
        ASSERT_EQ(status.differences.size(), 1U);
        EXPECT_EQ(status.differences[0].kind, DifferenceKind::missing);
        EXPECT_THAT(status.problem, HasSubstr("1 file missing in"));
    }
    EXPECT_EQ(instance(Check::records).state, State::done);
    std::filesystem::remove_all(out());
    EXPECT_EQ(instance().differences.size(), 2U);
    EXPECT_EQ(whole().state, State::corrupt);
}

TEST_F(StateTest, OutputsThatWereTamperedWithAreSeen) {
    publish_one();
    make_folders_writable(out(), os::point::export_write);
    write_file(out() + "/a/b", "tamp");
    write_file(out() + "/added", "x");
    const InstanceStatus status = instance();
    EXPECT_EQ(status.state, State::corrupt);
    ASSERT_EQ(status.differences.size(), 2U);
    EXPECT_EQ(status.problem, core::cat("1 file changed, 1 file added in ", out()));
    EXPECT_EQ(whole(Check::files, dir_ / "cache").state, State::corrupt);
}

TEST_F(StateTest, OneByteWithTheSameSizeAndTimes) {
    publish_one();
    ASSERT_EQ(whole(Check::files, dir_ / "cache").state, State::done);
    const std::string path = out() + "/a/b";
    const struct stat before = *os::stat_path(path);
    ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_EQ(::pwrite(fd, "T", 1, 0), 1);
    ::close(fd);
    const timespec times[2] = {before.st_atim, before.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    EXPECT_EQ(whole(Check::content, dir_ / "cache").state, State::corrupt);
}

// Metaflow trusts only attempts with DONE; the hindcast's own rule was that a slice exists when one file of it does.
TEST_F(StateTest, AnOutputWithoutDoneIsNothing) {
    write_file(out() + "/a/b", "text");
    write_file(run_dir_.path() + "/preds/2020/train_preds.csv", "text");
    EXPECT_EQ(instance().state, State::partial);
    EXPECT_EQ(whole().state, State::partial);
    write_file(run_dir_.published(k_fit, key_of("k").key) + "/DONE.json", "{\"version\":1}");
    EXPECT_EQ(instance().state, State::corrupt);
    EXPECT_THAT(instance().problem, HasSubstr("DONE.json"));
    write_file(run_dir_.published(k_fit, key_of("k").key) + "/DONE.json", "");
    EXPECT_EQ(instance().state, State::corrupt);
}

TEST_F(StateTest, AManifestThatIsGone) {
    publish_one();
    make_folders_writable(run_dir_.stages(), os::point::export_write);
    ASSERT_EQ(::unlink((run_dir_.published(k_fit, key_of("k").key) + "/manifest.json").c_str()), 0);
    EXPECT_EQ(instance(Check::records).state, State::corrupt);
    EXPECT_THAT(instance().problem, HasSubstr("manifest.json: it is gone"));
}

TEST_F(StateTest, ALaterAttemptThatDiedDoesNotUndoAResult) {
    publish_one();
    write_lease(run_dir_.lease(k_fit), dead_process());
    EXPECT_EQ(instance().state, State::done);
    EXPECT_TRUE(instance().holder);
    write_file(run_dir_.lease(k_fit), "torn");
    EXPECT_EQ(instance().state, State::running);   // nobody knows who: until its heartbeat is old
}

// Copied elsewhere, with other times, modes and without links, it verifies.
TEST_F(StateTest, ACopyVerifies) {
    publish_one();
    ASSERT_TRUE(publish_files(run_dir_, k_other, "k", {{"d", "x"}}).ok());
    std::filesystem::copy(run_dir_.path(), dir_ / "plain", std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
    std::filesystem::copy(run_dir_.path(), dir_ / "followed", std::filesystem::copy_options::recursive);
    for (const char* const name : {"plain", "followed"}) {
        make_folders_writable(dir_ / name, os::point::export_write);
        std::filesystem::permissions(dir_ / (std::string(name) + "/.stages/fit/fold=2020/" + key_of("k").key.hex() + "/out/a/b"), std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
        const auto copy = RunDir::open(dir_ / name);
        ASSERT_TRUE(copy.ok()) << copy.error().message();
        const auto status = status_of(copy.value(), Check::content, std::nullopt);
        ASSERT_TRUE(status.ok()) << status.error().message();
        EXPECT_EQ(status.value().state, State::done) << name;
        EXPECT_EQ(text_of(dir_ / (std::string(name) + "/a/b")), "text");
        ASSERT_TRUE(rebuild_view(copy.value()).ok());
        EXPECT_EQ(text_of(dir_ / (std::string(name) + "/a/b")), "text");
    }
}

TEST(StateName, Words) {
    EXPECT_EQ(state_name(State::absent), "absent");
    EXPECT_EQ(state_name(State::corrupt), "corrupt");
}

}  // namespace
}  // namespace runlake::rundir
