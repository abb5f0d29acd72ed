// SPDX-License-Identifier: Apache-2.0
// Machine, processes and folders, on forged roots where the real ones can't show the case.
#include "os/system.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "os/fault_points.hpp"
#include "os/files.hpp"
#include "os/system_parts.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::os {
namespace {

void put(const std::string& path, std::string_view text) {
    ASSERT_TRUE(make_dirs(parent_path(path), 0755, point::export_write).ok());
    ASSERT_TRUE(publish_file(path, text, 0644, Existing::replace, Durability::process, point::export_write).ok());
}

bool is_id(const std::string& text) { return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string::npos; }

TEST(MachineIdTest, ComesFromTheFileAndDoesNotShowIt) {
    const testing::TempDir dir;
    put(dir / "machine-id", "0123456789abcdef0123456789abcdef\n");
    const std::string id = compute_machine_id({dir / "machine-id", dir / "state", "host", "boot"});
    EXPECT_TRUE(is_id(id));
    EXPECT_NE(id, "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(id, compute_machine_id({dir / "machine-id", std::nullopt, "other", "other"}));
    EXPECT_FALSE(exists(dir / "state"));
}

TEST(MachineIdTest, MissingEmptyOrUninitializedIsKeptPerHost) {
    const testing::TempDir dir;
    for (const char* content : {"(missing)", "", " \n", "uninitialized\n"}) {
        const std::string file = dir / "machine-id";
        if (content[0] != '(') { put(file, content); }
        const std::string first = compute_machine_id({file, dir / "state", "one", "boot1"});
        EXPECT_TRUE(is_id(first));
        EXPECT_EQ(first, compute_machine_id({file, dir / "state", "one", "boot2"})) << "kept over boots";
        EXPECT_NE(first, compute_machine_id({file, dir / "state", "two", "boot1"})) << "a shared home folder";
    }
}

TEST(MachineIdTest, WithoutAnyPlaceItIsHostAndBoot) {
    const testing::TempDir dir;
    put(dir / "file", "x");
    const MachineSources sources{dir / "none", dir / "file/below", "one", "boot1"};  // no folder can be made there
    const std::string id = compute_machine_id(sources);
    EXPECT_TRUE(is_id(id));
    EXPECT_EQ(id, compute_machine_id(sources));
    EXPECT_EQ(id, compute_machine_id({dir / "none", std::nullopt, "one", "boot1"}));
    EXPECT_NE(id, compute_machine_id({dir / "none", std::nullopt, "one", "boot2"}));
}

TEST(MachineIdTest, ATornKeptIdIsReplaced) {
    const testing::TempDir dir;
    const MachineSources sources{dir / "none", dir / "state", "one", "boot1"};
    const std::string first = compute_machine_id(sources);
    const core::Result<std::vector<DirEntry>> kept = list_dir(dir / "state");
    ASSERT_TRUE(kept.ok());
    ASSERT_EQ(kept.value().size(), 1U);
    put(dir / ("state/" + kept.value()[0].name), "0123");
    const std::string second = compute_machine_id(sources);
    EXPECT_TRUE(is_id(second));
    EXPECT_NE(first, second);
    EXPECT_EQ(second, compute_machine_id(sources));
}

TEST(MachineTest, LabelsFitAFolderName) {
    EXPECT_EQ(label_of("Build-Box.example.org"), "build-box");
    EXPECT_EQ(label_of("__a  b!"), "a-b");
    EXPECT_EQ(label_of(""), "machine");
    EXPECT_EQ(label_of("\xc3\xa4\xc3\xb6"), "machine");
    EXPECT_EQ(label_of(std::string(60, 'x')).size(), 24U);
    EXPECT_EQ(label_of(std::string(23, 'x') + "-yy"), std::string(23, 'x'));
    EXPECT_FALSE(machine_label().empty());
    EXPECT_TRUE(is_id(machine_id()));
}

TEST(ProcStatTest, ReadsFieldsBehindAnyName) {
    const std::string tail = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777 20 21";
    const std::optional<ProcStat> plain = parse_proc_stat("12 (cat)" + tail);
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->state, 'S');
    EXPECT_EQ(plain->start_ticks, 777U);
    EXPECT_EQ(parse_proc_stat("12 (a) Z 1 (b c)" + tail)->start_ticks, 777U);
    EXPECT_FALSE(parse_proc_stat(""));
    EXPECT_FALSE(parse_proc_stat("12 (cat) S 1 2"));
    EXPECT_FALSE(parse_proc_stat("12 (cat) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 x 20"));
}

TEST(LivenessTest, OurselvesAliveAndAnotherWithOurNumberDead) {
    ProcessId self = this_process();
    EXPECT_GT(self.start_ticks, 0U);
    EXPECT_GT(self.pid_ns, 0U);
    EXPECT_EQ(liveness(self), Liveness::alive);
    ProcessId unknown_start = self;
    unknown_start.start_ticks = 0;
    EXPECT_EQ(liveness(unknown_start), Liveness::alive);
    self.start_ticks += 1;  // our number was someone else's before
    EXPECT_EQ(liveness(self), Liveness::dead);
}

TEST(LivenessTest, OtherMachineBootOrNamespace) {
    ProcessId other = this_process();
    other.pid_ns += 1;
    EXPECT_EQ(liveness(other), Liveness::unknowable);
    other = this_process();
    other.pid_ns = 0;
    EXPECT_EQ(liveness(other), Liveness::unknowable);
    other = this_process();
    other.boot = std::string(32, '0');
    EXPECT_EQ(liveness(other), Liveness::dead);
    other.boot = "";
    EXPECT_EQ(liveness(other), Liveness::unknowable);
    other = this_process();
    other.machine = std::string(32, '0');
    EXPECT_EQ(liveness(other), Liveness::unknowable);
    EXPECT_EQ(liveness(ProcessId{}), Liveness::unknowable);
}

TEST(LivenessTest, AChildThatRunsThenZombieThenReaped) {
    int gate[2];
    ASSERT_EQ(::pipe(gate), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::close(gate[1]);
        char c = 0;
        [[maybe_unused]] const ssize_t got = ::read(gate[0], &c, 1);
        ::_exit(0);
    }
    ::close(gate[0]);
    const std::optional<std::uint64_t> ticks = start_ticks(pid);
    ASSERT_TRUE(ticks);
    ProcessId child = this_process();
    child.pid = pid;
    child.start_ticks = *ticks;
    EXPECT_EQ(liveness(child), Liveness::alive);
    ::close(gate[1]);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);  // ended, not reaped
    EXPECT_EQ(start_ticks(pid), std::nullopt);
    EXPECT_EQ(liveness(child), Liveness::dead);
    ::waitpid(pid, nullptr, 0);
    EXPECT_EQ(liveness(child), Liveness::dead);
}

TEST(ProcessTest, IsComputedAgainAfterAFork) {
    const pid_t parent = this_process().pid;
    EXPECT_EQ(parent, ::getpid());
    const pid_t pid = ::fork();
    if (pid == 0) { ::_exit(this_process().pid == ::getpid() && this_process().start_ticks == start_ticks(::getpid()) ? 0 : 1); }
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(this_process().pid, parent);
}

TEST(ProcessTest, IsOneForAllThreads) {
    std::vector<std::thread> threads;
    std::array<const ProcessId*, 8> seen{};
    for (const ProcessId*& slot : seen) {
        threads.emplace_back([&slot] { slot = &this_process(); });
    }
    for (std::thread& thread : threads) { thread.join(); }
    for (const ProcessId* one : seen) { EXPECT_EQ(one, seen[0]); }
}

TEST(CgroupTest, Version2TakesTheTightestOfItselfAndItsParents) {
    const testing::TempDir dir;
    put(dir / "a/b/cpu.max", "250000 100000\n");
    EXPECT_EQ(quota_processors("0::/a/b\n", dir.path()), 3);  // rounded up
    put(dir / "a/cpu.max", "100000 100000\n");
    EXPECT_EQ(quota_processors("0::/a/b\n", dir.path()), 1);
    put(dir / "a/cpu.max", "max 100000\n");
    EXPECT_EQ(quota_processors("0::/a/b\n", dir.path()), 3);
    EXPECT_EQ(quota_processors("0::/\n", dir.path()), std::nullopt);
    put(dir / "cpu.max", "1000 100000\n");
    EXPECT_EQ(quota_processors("0::/\n", dir.path()), 1);  // less than one is one
    EXPECT_EQ(quota_processors("0::/../outside\n", dir.path()), 1);
}

TEST(CgroupTest, Version1) {
    const testing::TempDir dir;
    put(dir / "cpu,cpuacct/x/cpu.cfs_quota_us", "400000\n");
    put(dir / "cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(quota_processors("4:memory:/x\n3:cpu,cpuacct:/x\n", dir.path()), 4);
    put(dir / "cpu,cpuacct/x/cpu.cfs_quota_us", "-1\n");
    EXPECT_EQ(quota_processors("3:cpu,cpuacct:/x\n", dir.path()), std::nullopt);
    put(dir / "cpu/cpu.cfs_quota_us", "150000\n");
    put(dir / "cpu/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(quota_processors("3:cpu:/in/a/container\n", dir.path()), 2);
}

TEST(CgroupTest, NonsenseIsNoQuota) {
    const testing::TempDir dir;
    put(dir / "cpu.max", "many some\n");
    EXPECT_EQ(quota_processors("", dir.path()), std::nullopt);
    EXPECT_EQ(quota_processors("0::\nabc\n::", dir.path()), std::nullopt);
    EXPECT_GE(usable_processors(), 1);
}

TEST(IdTest, RandomIdsDiffer) {
    EXPECT_NE(new_run_id(), new_run_id());
    EXPECT_EQ(new_run_id().str()[14], '4');
    EXPECT_EQ(random_hex(7).size(), 7U);
    EXPECT_EQ(random_hex(0), "");
}

TEST(FoldersTest, XdgRules) {
    const std::string home = env("HOME").value_or("/");
    const testing::TempDir someone;
    ::setenv("HOME", someone.path().c_str(), 1);
    ::unsetenv("XDG_CACHE_HOME");
    EXPECT_EQ(cache_home(), someone / ".cache/runlake");
    ::setenv("XDG_CACHE_HOME", "relative", 1);
    EXPECT_EQ(cache_home(), someone / ".cache/runlake");
    ::setenv("HOME", (someone / "gone").c_str(), 1);
    EXPECT_EQ(cache_home(), std::nullopt);
    ::setenv("XDG_CACHE_HOME", "/c", 1);
    EXPECT_EQ(cache_home(), "/c/runlake");
    ::unsetenv("XDG_CACHE_HOME");
    ::unsetenv("HOME");
    EXPECT_EQ(cache_home(), std::nullopt);
    ::setenv("HOME", home.c_str(), 1);
}

TEST(FoldersTest, LibDirIsFoundFromBuildAndInstallation) {
    const testing::TempDir dir;
    EXPECT_EQ(lib_dir_near(dir / "bin"), std::nullopt);
    ASSERT_TRUE(make_dirs(dir / "lib/runlake", 0755, point::export_write).ok());
    EXPECT_EQ(lib_dir_near(dir.path()), dir / "lib/runlake");
    EXPECT_EQ(lib_dir_near(dir / "bin"), dir / "lib/runlake");
    EXPECT_EQ(lib_dir_near(dir / "lib"), dir / "lib/runlake");
    EXPECT_TRUE(executable_path().ends_with("os_test"));
}

}  // namespace
}  // namespace runlake::os
