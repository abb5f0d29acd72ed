// SPDX-License-Identifier: Apache-2.0
// The lease: exclusion between processes, dead holders, holders that may not be judged by their number.
#include "os/lease.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/json.hpp"
#include "os/fault_points.hpp"
#include "os/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::os {
namespace {

using core::Errc;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class LeaseTest : public ::testing::Test {
  protected:
    void TearDown() override { ASSERT_TRUE(configure_faults("")); }

    // A lease file of a holder that never was.
    void forge(const ProcessId& process, const std::string& token = "00112233445566778899aabbccddeeff") const {
        core::Json text = core::Json::object();
        text.set("version", 1).set("machine", process.machine).set("boot", process.boot).set("pid_ns", process.pid_ns).set("pid", std::int64_t{process.pid});
        text.set("start_ticks", process.start_ticks).set("token", token).set("purpose", "forged").set("taken_at", "2025-01-09T14:23:15.000042Z");
        put(core::to_json(text));
    }
    void put(std::string_view text) const {
        ASSERT_TRUE(publish_file(path_, text, 0644, Existing::replace, Durability::process, point::export_write).ok());
    }
    void age(int seconds) const {
        timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        now.tv_sec -= seconds;
        const timespec times[2] = {now, now};
        ASSERT_EQ(::utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
    }
    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const DirEntry& entry : list_dir(dir_.path()).value_or({})) { found.push_back(entry.name); }
        return found;
    }
    static ProcessId dead_process() {
        ProcessId process = this_process();
        const pid_t pid = ::fork();
        if (pid == 0) { ::pause(); }
        process.pid = pid;
        process.start_ticks = start_ticks(pid).value_or(0);
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return process;
    }

    testing::TempDir dir_;
    std::string path_ = dir_ / "lease";
    LeaseOptions options_{"test", 60s, false};
};

TEST_F(LeaseTest, IsExclusiveAndGoesWithItsObject) {
    {
        const core::Result<std::unique_ptr<Lease>> first = Lease::take(path_, options_);
        ASSERT_TRUE(first.ok()) << first.error().message();
        EXPECT_TRUE(first.value()->is_still_ours());
        const core::Result<std::unique_ptr<Lease>> second = Lease::take(path_, options_);
        ASSERT_FALSE(second.ok());
        EXPECT_EQ(second.error().code(), Errc::busy);
        EXPECT_THAT(second.error().message(), HasSubstr(std::to_string(::getpid())));
        const core::Result<std::optional<LeaseHolder>> holder = lease_holder(path_);
        ASSERT_TRUE(holder.ok() && holder.value());
        EXPECT_EQ(holder.value()->process, this_process());
        EXPECT_EQ(holder.value()->purpose, "test");
        EXPECT_EQ(holder.value()->token, first.value()->holder().token);
        EXPECT_EQ(holder.value()->taken_at, first.value()->holder().taken_at);
    }
    EXPECT_TRUE(names().empty());
    EXPECT_TRUE(Lease::take(path_, options_).ok());
}

TEST_F(LeaseTest, NobodyHoldsWhatIsNotThere) {
    const core::Result<std::optional<LeaseHolder>> holder = lease_holder(path_);
    ASSERT_TRUE(holder.ok());
    EXPECT_FALSE(holder.value());
    put("{\"version\":1}");
    EXPECT_EQ(lease_holder(path_).error().code(), Errc::corrupt);
}

TEST_F(LeaseTest, ADeadHolderIsBroken) {
    forge(dead_process());
    const core::Result<std::unique_ptr<Lease>> lease = Lease::take(path_, options_);
    ASSERT_TRUE(lease.ok()) << lease.error().message();
    EXPECT_EQ(names(), std::vector<std::string>{"lease"});
    EXPECT_EQ(lease_holder(path_).value_or(std::nullopt)->process, this_process());
}

TEST_F(LeaseTest, AReusedNumberIsADeadHolder) {
    ProcessId process = this_process();
    process.start_ticks += 1;
    forge(process);
    EXPECT_TRUE(Lease::take(path_, options_).ok());
}

TEST_F(LeaseTest, AnotherNamespaceMachineOrBootIsJudgedByItsHeartbeatAlone) {
    ProcessId in_container = dead_process();
    in_container.pid_ns += 1;
    ProcessId elsewhere = dead_process();
    elsewhere.machine = std::string(32, '0');
    ProcessId before_boot = dead_process();
    before_boot.boot = std::string(32, '0');
    for (const ProcessId& process : {in_container, elsewhere, before_boot}) {
        forge(process);
        EXPECT_EQ(Lease::take(path_, options_).error().code(), Errc::busy);
        age(30);
        EXPECT_EQ(Lease::take(path_, options_).error().code(), Errc::busy);
        age(62);
        EXPECT_TRUE(Lease::take(path_, options_).ok());
        EXPECT_TRUE(names().empty());
    }
}

TEST_F(LeaseTest, ALivingHolderIsNeverBrokenHoweverOldItsFile) {
    const core::Result<std::unique_ptr<Lease>> lease = Lease::take(path_, options_);
    ASSERT_TRUE(lease.ok());
    age(100'000);
    EXPECT_EQ(Lease::take(path_, options_).error().code(), Errc::busy);
}

TEST_F(LeaseTest, AFileThatIsNoLeaseIsJudgedByAge) {
    put("torn");
    EXPECT_EQ(Lease::take(path_, options_).error().code(), Errc::busy);
    age(62);
    EXPECT_TRUE(Lease::take(path_, options_).ok());
}

TEST_F(LeaseTest, ReleaseLeavesALeaseThatIsNotOurs) {
    {
        const core::Result<std::unique_ptr<Lease>> lease = Lease::take(path_, options_);
        ASSERT_TRUE(lease.ok());
        forge(this_process());  // another broke ours and took its own
        EXPECT_FALSE(lease.value()->is_still_ours());
    }
    EXPECT_TRUE(exists(path_));
}

// Or the process would wait for itself, by the number of a holder that lives.
TEST_F(LeaseTest, AFileThatWouldNotGoBlocksNobodyWhoAsksAgain) {
    ASSERT_TRUE(configure_faults("lease.remove:eio"));
    ASSERT_TRUE(Lease::take(path_, options_).ok());
    EXPECT_TRUE(names().empty());   // tried again
    ASSERT_TRUE(configure_faults("lease.remove:eio:1+"));
    ASSERT_TRUE(Lease::take(path_, options_).ok());
    EXPECT_TRUE(exists(path_));
    EXPECT_FALSE(lease_lives(path_).value_or(true));
    ASSERT_TRUE(configure_faults(""));
    const core::Result<std::unique_ptr<Lease>> lease = Lease::take(path_, options_);
    ASSERT_TRUE(lease.ok()) << lease.error().message();
    EXPECT_TRUE(lease.value()->is_still_ours());
    EXPECT_EQ(names(), std::vector<std::string>{"lease"});
}

TEST_F(LeaseTest, AForkedChildHoldsNothing) {
    LeaseOptions beating = options_;
    beating.heartbeat = true;
    core::Result<std::unique_ptr<Lease>> lease = Lease::take(path_, beating);
    ASSERT_TRUE(lease.ok());
    const pid_t pid = ::fork();
    if (pid == 0) {
        const bool ours = lease.value()->is_still_ours();
        lease.value().reset();
        ::_exit(ours ? 1 : 0);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(lease.value()->is_still_ours());
}

TEST_F(LeaseTest, TheHeartbeatKeepsItYoung) {
    LeaseOptions beating{"test", 0s, true};  // every 10 ms
    const core::Result<std::unique_ptr<Lease>> lease = Lease::take(path_, beating);
    ASSERT_TRUE(lease.ok());
    age(1000);
    const auto is_young = [&] { return ::time(nullptr) - stat_path(path_)->st_mtim.tv_sec < 500; };
    for (int i = 0; i < 300'000 && !is_young(); ++i) { ::usleep(1000); }
    EXPECT_TRUE(is_young());
}

TEST_F(LeaseTest, AClaimLeftByAKilledBreakerDoesNotBlockForEver) {
    forge(dead_process());
    // Killed with the claim in its hands, before it removed the dead lease; then again, breaking that claim.
    for (int round = 0; round < 2; ++round) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            if (!configure_faults("lease.remove:kill")) { ::_exit(1); }
            static_cast<void>(Lease::take(path_, options_).ok());
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(pid, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));
    }
    EXPECT_GT(names().size(), 1U);
    const core::Result<std::unique_ptr<Lease>> lease = Lease::take(path_, options_);
    ASSERT_TRUE(lease.ok()) << lease.error().message();
    EXPECT_EQ(names(), std::vector<std::string>{"lease"});
}

// A breaker that is stopped in the middle of breaking, while another comes: whatever it does when it goes on, it must not remove what that one has taken.
TEST_F(LeaseTest, ASlowBreakerRemovesNothingOfAFasterOne) {
    // The dead one judged and the claim about to be made; the claim held and the dead lease about to be removed.
    for (const char* fault : {"lease.create:stop:4", "lease.remove:stop"}) {
        forge(dead_process());
        const pid_t slow = ::fork();
        if (slow == 0) {
            if (!configure_faults(fault)) { ::_exit(9); }
            const core::Result<std::unique_ptr<Lease>> lease = Lease::take(path_, options_);
            ::_exit(lease.ok() ? 1 : lease.error().code() == Errc::busy ? 2 : 3);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(slow, &status, WUNTRACED), slow);
        ASSERT_TRUE(WIFSTOPPED(status)) << fault;
        const core::Result<std::unique_ptr<Lease>> fast = Lease::take(path_, options_);
        ::kill(slow, SIGCONT);
        ASSERT_EQ(::waitpid(slow, &status, 0), slow);
        ASSERT_TRUE(WIFEXITED(status));
        if (fast.ok()) {
            EXPECT_TRUE(fast.value()->is_still_ours()) << fault;
            EXPECT_EQ(WEXITSTATUS(status), 2) << fault;
        } else {
            EXPECT_EQ(fast.error().code(), Errc::busy);
            EXPECT_EQ(WEXITSTATUS(status), 1) << fault;
        }
        EXPECT_EQ(fast.ok(), std::string_view(fault).starts_with("lease.create"));
    }
}

TEST_F(LeaseTest, FailuresLeaveNothing) {
    for (const char* fault : {"lease.create:enospc", "lease.create:eio:2", "lease.create:short:2", "lease.create:eacces:3"}) {
        ASSERT_TRUE(configure_faults(fault));
        EXPECT_EQ(Lease::take(path_, options_).error().code(), Errc::io) << fault;
        ASSERT_TRUE(configure_faults(""));
        EXPECT_TRUE(names().empty()) << fault;
    }
}

// Several processes race for a lease, holding it while they check that no one else is inside; some die inside and are broken.
TEST_F(LeaseTest, RacingProcessesNeverHoldItTogether) {
    constexpr int k_processes = 4;
    constexpr int k_rounds = 400;
    const std::string inside = dir_ / "inside";
    std::vector<pid_t> children;
    for (int p = 0; p < k_processes; ++p) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            int taken = 0;
            for (int i = 0; taken < k_rounds; ++i) {
                core::Result<std::unique_ptr<Lease>> lease = Lease::take(path_, options_);
                if (!lease.ok()) {
                    if (lease.error().code() != Errc::busy) { ::_exit(2); }
                    continue;
                }
                const int fd = ::open(inside.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
                if (fd < 0) { ::_exit(3); }
                ::close(fd);
                ++taken;
                ::unlink(inside.c_str());
                if (taken % 10 == p) {
                    // Goes without releasing: a grandchild dies with the lease in its name.
                    lease.value().reset();
                    const pid_t dying = ::fork();
                    if (dying == 0) {
                        core::Result<std::unique_ptr<Lease>> last = Lease::take(path_, options_);
                        kill_now();
                    }
                    ::waitpid(dying, nullptr, 0);
                }
            }
            ::_exit(0);
        }
        children.push_back(pid);
    }
    for (const pid_t pid : children) {
        int status = 0;
        ::waitpid(pid, &status, 0);
        EXPECT_EQ(status, 0) << (WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    }
}

}  // namespace
}  // namespace runlake::os
