// SPDX-License-Identifier: Apache-2.0
// The fate of an open run, for every combination of what can be known of its two processes.
#include "ops/runs_recover.hpp"

#include <gtest/gtest.h>

namespace runlake::ops {
namespace {

using os::Liveness;

constexpr pid_t k_alive = 1;
constexpr pid_t k_dead = 2;
constexpr pid_t k_unknowable = 3;
const std::string k_here(32, 'a');
const std::string k_before(32, 'b');

// The number says what is to be answered.
Liveness answered(const os::ProcessId& process) {
    return process.pid == k_alive ? Liveness::alive : process.pid == k_dead ? Liveness::dead : Liveness::unknowable;
}

struct Case {
    pid_t recorder;
    std::optional<pid_t> watched;
    bool same_boot;
    std::int64_t silent_for_s;
    std::optional<std::int64_t> unknown_after_s;
    Fate fate;
};

TEST(RunsRecoverTest, Table) {
    const Case cases[] = {
        {k_alive, k_alive, true, 0, std::nullopt, Fate::running},
        {k_alive, k_dead, true, 0, std::nullopt, Fate::running},  // about to record the end
        {k_alive, k_unknowable, true, 1'000'000, 10, Fate::running},
        {k_alive, std::nullopt, true, 1'000'000, 10, Fate::running},
        {k_dead, k_alive, true, 1'000'000, 10, Fate::unwatched},
        {k_unknowable, k_alive, true, 1'000'000, 10, Fate::running},
        {k_dead, k_dead, true, 0, std::nullopt, Fate::killed},
        {k_dead, std::nullopt, true, 0, std::nullopt, Fate::killed},
        {k_dead, k_dead, false, 0, std::nullopt, Fate::host_lost},
        {k_dead, std::nullopt, false, 0, std::nullopt, Fate::host_lost},
        {k_dead, k_unknowable, true, 100, std::nullopt, Fate::elsewhere},
        {k_dead, k_unknowable, true, 100, 100, Fate::elsewhere},  // exactly as long is not longer
        {k_dead, k_unknowable, true, 101, 100, Fate::unknown},
        {k_unknowable, k_dead, true, 101, 100, Fate::unknown},
        {k_unknowable, k_dead, true, 99, 100, Fate::elsewhere},
        {k_unknowable, k_unknowable, false, 101, 100, Fate::unknown},
        {k_unknowable, std::nullopt, true, 101, 100, Fate::unknown},
        {k_unknowable, std::nullopt, true, 101, std::nullopt, Fate::elsewhere},
        {k_unknowable, std::nullopt, true, -50, 0, Fate::elsewhere},  // said in the future: its clock is ahead of ours
    };
    for (std::size_t i = 0; i < std::size(cases); ++i) {
        const Case& one = cases[i];
        const std::string& boot = one.same_boot ? k_here : k_before;
        OpenRun run;
        run.recorder = {"m", boot, 1, one.recorder, 1};
        if (one.watched) { run.watched = os::ProcessId{"m", boot, 1, *one.watched, 1}; }
        run.last_said = {1'000'000'000};
        const Judge here{k_here, {1'000'000'000 + one.silent_for_s * 1'000'000}, one.unknown_after_s, answered};
        EXPECT_EQ(fate_name(judge(run, here)), fate_name(one.fate)) << "case " << i;
    }
}

TEST(RunsRecoverTest, OnlyTheGoneAreClosed) {
    for (const Fate fate : {Fate::killed, Fate::host_lost, Fate::unknown}) { EXPECT_TRUE(is_closed(fate)); }
    for (const Fate fate : {Fate::running, Fate::unwatched, Fate::elsewhere}) { EXPECT_FALSE(is_closed(fate)); }
}

}  // namespace
}  // namespace runlake::ops
