// SPDX-License-Identifier: Apache-2.0
// What gc lets go, what it keeps and why; removal that may be killed anywhere.
#include "rundir/retention.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rundir/state.hpp"
#include "tests/support/as_nobody.hpp"
#include "tests/unit/rundir/support.hpp"

namespace runlake::rundir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::write_file;

constexpr std::int64_t k_day = 86'400;
const StageInstance k_fit{"fit", "-"};

class RetentionTest : public testing::RunDirTest {
  protected:
    // By a process that has ended: who is still there counts as working in it.
    RunDir make_at(std::int64_t day, const std::string& key = "corn", std::size_t bytes = 100) {
        clock_.at = {(20'000 + day) * k_day * 1'000'000};
        const pid_t child = ::fork();
        if (child == 0) {
            const auto made = RunDir::create(base_, {.run_id = os::new_run_id(), .experiment_key = key, .config_text = "a: 1\n", .pipeline_file = "p", .roots = {}}, clock_);
            ::_exit(made.ok() && publish_files(made.value(), k_fit, "k", {{"deep/data", std::string(bytes, 'x')}}, clock_.at.micros).ok() ? 0 : 1);
        }
        int status = 1;
        ::waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
        auto opened = RunDir::open(core::cat(base_, '/', core::format_stamp(clock_.at), '_', key));
        EXPECT_TRUE(opened.ok()) << opened.error().message();
        if (!opened.ok()) { ::abort(); }
        return std::move(opened).take();
    }
    GcPlan plan(const GcRules& rules) {
        auto made = plan_gc(base_, rules, clock_);
        EXPECT_TRUE(made.ok()) << made.error().message();
        return std::move(made).value_or({});
    }
    // "corn 0: - reason" a line.
    std::vector<std::string> words(const GcPlan& made) {
        std::vector<std::string> lines;
        for (const GcItem& item : made.items) { lines.push_back(core::cat(item.remove ? "- " : "+ ", item.reason)); }
        return lines;
    }

    std::string base_ = dir_ / "runs";
};

TEST_F(RetentionTest, WithoutARuleEverythingStays) {
    make_at(0);
    EXPECT_THAT(words(plan({})), ElementsAre("+ no rule lets it go"));
    EXPECT_EQ(plan({}).bytes_removed(), 0U);
    EXPECT_EQ(plan_gc(dir_ / "none", {}, clock_).error().code(), core::Errc::not_found);
}

TEST_F(RetentionTest, TheNewestOfEachKeyStay) {
    for (const int day : {0, 1, 2}) { make_at(day, "corn"); }
    make_at(0, "soy");
    EXPECT_THAT(words(plan({.keep_last = 2})), ElementsAre("- not one of the 2 newest of corn", "+ one of the 2 newest of soy", "+ one of the 2 newest of corn", "+ one of the 2 newest of corn"));
    EXPECT_THAT(words(plan({.keep_last = 0})).size(), 4U);
    for (const GcItem& item : plan({.keep_last = 0}).items) { EXPECT_TRUE(item.remove); }
}

TEST_F(RetentionTest, ByAgeOfTheLastResult) {
    const RunDir old = make_at(0);
    make_at(10);
    const RunDir resumed = make_at(1, "soy");
    clock_.at = {(20'000 + 11) * k_day * 1'000'000};
    ASSERT_TRUE(publish_files(resumed, {"later", "-"}, "k", {{"more", "x"}}, clock_.at.micros).ok());
    EXPECT_THAT(words(plan({.older_than_seconds = 5 * k_day})), ElementsAre("- older than 5d", "+ younger than 5d", "+ younger than 5d"));
    EXPECT_THAT(words(plan({.keep_last = 5, .older_than_seconds = 5 * k_day})), ElementsAre("+ one of the 5 newest of corn", "+ one of the 5 newest of soy", "+ one of the 5 newest of corn"));
    EXPECT_THAT(words(plan({.keep_last = 1, .older_than_seconds = 90 * 60})), ElementsAre("- not one of the 1 newest of corn, older than 90m", "+ one of the 1 newest of soy", "+ one of the 1 newest of corn"));
}

TEST_F(RetentionTest, BySizeTheOldestGo) {
    for (const int day : {0, 1, 2}) { make_at(day, "corn", 100'000); }
    const std::uint64_t each = plan({}).items[0].bytes;
    EXPECT_GE(each, 100'000U);
    EXPECT_LT(each, 110'000U);
    GcRules rules;
    rules.max_bytes = 220'000;
    EXPECT_THAT(words(plan(rules)), ElementsAre("- more than the size that is allowed", "+ fits into the size that is allowed", "+ fits into the size that is allowed"));
    EXPECT_EQ(plan(rules).bytes_removed(), each);
    rules.max_bytes = 0;
    rules.keep_last = 2;
    EXPECT_THAT(words(plan(rules)), ElementsAre("- not one of the 2 newest of corn, more than the size that is allowed", "+ one of the 2 newest of corn", "+ one of the 2 newest of corn"));
    rules.max_bytes = 400'000;
    EXPECT_THAT(words(plan(rules))[0], "+ fits into the size that is allowed");
}

// DVC #9420: gc removed what was still needed.
TEST_F(RetentionTest, NeverWhatIsPinnedReferredToOrRunningDvc9420) {
    const RunDir pinned = make_at(0);
    const RunDir referred = make_at(1);
    const RunDir by_result = make_at(2);
    const RunDir running = make_at(3);
    const RunDir stage = make_at(4);
    const RunDir damaged = make_at(5);
    const RunDir free = make_at(6);
    ASSERT_TRUE(pin(pinned, " camera-ready\n").ok());
    const core::RunId wanted = read_done(by_result, k_fit, testing::key_of("k").key).value_or(std::nullopt)->run_id;
    GcRules rules{.keep_last = 0};
    rules.max_bytes = 0;
    rules.older_than_seconds = 0;
    rules.references.push_back([&](const core::RunId& id) { return id == referred.info().run_id ? std::optional<std::string>("ledger entry abc") : std::nullopt; });
    rules.references.push_back([&](const core::RunId& id) { return id == wanted ? std::optional<std::string>("citation kb/7") : std::nullopt; });
    const auto attempt = running.enter("pipeline run");
    const auto lease = stage.take_lease(k_fit, "run fit");
    ASSERT_TRUE(attempt.ok() && lease.ok());
    write_file(damaged.path() + "/run.json", "{");
    const GcPlan made = plan(rules);
    EXPECT_THAT(words(made), ElementsAre("+ pinned: camera-ready", "+ referred to: ledger entry abc", "+ referred to: citation kb/7", "+ running", "+ running", HasSubstr("+ can't be read: "),
                                         HasSubstr("- not one of the 0 newest")));
    const auto result = apply_gc(base_, made);
    ASSERT_TRUE(result.ok()) << result.error().message();
    EXPECT_THAT(result.value().removed, ElementsAre(free.path()));
    EXPECT_EQ(result.value().bytes, made.items[6].bytes);
    EXPECT_EQ(list_run_dirs(base_).value_or({}).size(), 6U);
    EXPECT_THAT(names_in(base_).size(), 7U);   // and .gitignore: no trash is left
}

TEST_F(RetentionTest, WhoBeginsToWorkBetweenPlanAndRemovalKeepsIt) {
    const RunDir one = make_at(0);
    const RunDir two = make_at(1);
    const GcPlan made = plan({.keep_last = 0});
    EXPECT_THAT(words(made).size(), 2U);
    const auto attempt = one.enter("pipeline run");
    ASSERT_TRUE(attempt.ok());
    ASSERT_TRUE(pin(two, "").ok());
    const auto result = apply_gc(base_, made);
    ASSERT_TRUE(result.ok());
    EXPECT_THAT(result.value().removed, IsEmpty());
    EXPECT_THAT(result.value().kept, ElementsAre(one.path(), two.path()));
    EXPECT_EQ(result.value().bytes, 0U);
    EXPECT_TRUE(RunDir::open(one.path()).ok() && RunDir::open(two.path()).ok());
}

TEST_F(RetentionTest, PinsHaveReasonsAndGo) {
    const RunDir one = make_at(0);
    EXPECT_FALSE(pin_reason(one).value_or("x"));
    ASSERT_TRUE(pin(one, "for the paper").ok());
    ASSERT_TRUE(pin(one, "for the talk; password=hunter2").ok());
    EXPECT_THAT(*pin_reason(one).value_or("none"), HasSubstr("for the talk"));
    EXPECT_EQ(pin_reason(one).value_or("none")->find("hunter2"), std::string::npos);
    ASSERT_TRUE(unpin(one).ok());
    EXPECT_EQ(os::read_file(one.path() + "/pinned").value_or(""), k_no_longer_pinned);
    ASSERT_TRUE(unpin(one).ok());
    EXPECT_FALSE(pin_reason(one).value_or("x"));
    ASSERT_TRUE(os::configure_faults("rundir.pin.write:enospc:1+"));
    EXPECT_EQ(pin(one, "x").error().code(), core::Errc::io);
}

TEST_F(RetentionTest, LeftoversOfKilledProcesses) {
    const RunDir kept = make_at(0);
    write_file(kept.staging() + "/fit@-.0123456789abcdef/out/half", std::string(1000, 'x'));
    const RunDir busy = make_at(1);
    write_file(busy.staging() + "/fit@-.0123456789abcdef/out/half", "x");
    const auto attempt = busy.enter("pipeline run");
    ASSERT_TRUE(attempt.ok());
    write_file(base_ + "/.trash/20200101_000000_corn.0123456789abcdef/run.json", "{}");
    write_file(base_ + "/20200101_000000_corn/config_resolved.yaml", "");
    write_file(base_ + "/20200101_000000_young/config_resolved.yaml", "");
    write_file(base_ + "/notes/x", "");
    const timespec old[2] = {{1, 0}, {1, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (base_ + "/20200101_000000_corn").c_str(), old, 0), 0);
    ASSERT_EQ(::utimensat(AT_FDCWD, (base_ + "/notes").c_str(), old, 0), 0);
    clock_.at = os::system_clock().now();
    const GcPlan made = plan({});
    std::vector<std::string> lines;
    for (const GcItem& item : made.leftovers) { lines.push_back(core::cat(item.path.substr(base_.size() + 1), ": ", item.reason)); }
    EXPECT_THAT(lines, ElementsAre(HasSubstr("_corn/.stages/.tmp/fit@-.0123456789abcdef: staging of a process that was killed"), "20200101_000000_corn: was never finished being made",
                                   ".trash/20200101_000000_corn.0123456789abcdef: trash"));
    EXPECT_GE(made.bytes_removed(), 1000U);
    const auto result = apply_gc(base_, made);
    ASSERT_TRUE(result.ok()) << result.error().message();
    EXPECT_THAT(names_in(kept.staging()), IsEmpty());
    EXPECT_THAT(names_in(busy.staging()).size(), 1U);
    EXPECT_FALSE(os::exists(base_ + "/.trash"));
    EXPECT_FALSE(os::exists(base_ + "/20200101_000000_corn"));
    EXPECT_TRUE(os::exists(base_ + "/20200101_000000_young"));
    EXPECT_TRUE(os::exists(base_ + "/notes/x"));
    EXPECT_EQ(status_of(kept, Check::content, std::nullopt).value_or({}).state, State::done);
}

TEST_F(RetentionTest, WhoIsNotRootRemovesWhatIsReadOnly) {
    if (::geteuid() == 0) { ASSERT_EQ(::chown(dir_.path().c_str(), 65534, 65534), 0); }
    const runlake::testing::AsNobody nobody;
    const RunDir one = make_at(0);
    EXPECT_EQ(os::stat_link(one.published(k_fit, testing::key_of("k").key) + "/out/deep")->st_mode & 0222U, 0U);
    const auto result = apply_gc(base_, plan({.keep_last = 0}));
    ASSERT_TRUE(result.ok()) << result.error().message();
    EXPECT_THAT(names_in(base_), ElementsAre(".gitignore"));
}

// A file that another run directory shares keeps its mode and its content.
TEST_F(RetentionTest, HardLinkedFilesOfOthersAreNotTouched) {
    const RunDir one = make_at(0);
    const std::string original = one.published(k_fit, testing::key_of("k").key) + "/out/deep/data";
    ASSERT_EQ(::link(original.c_str(), (dir_ / "other").c_str()), 0);
    ASSERT_TRUE(apply_gc(base_, plan({.keep_last = 0})).ok());
    EXPECT_EQ(os::stat_link(dir_ / "other")->st_mode & 0777U, 0444U);
    EXPECT_EQ(text_of(dir_ / "other"), std::string(100, 'x'));
}

TEST_F(RetentionTest, KilledAnywhereNothingHalfIsSeen) {
    for (const char* const point : {"rundir.trash.rename", "rundir.trash.remove"}) {
        for (const char* const action : {"kill", "kill_after"}) {
            for (int n = 1;; ++n) {
                const RunDir one = make_at(0);
                const pid_t child = ::fork();
                ASSERT_GE(child, 0);
                if (child == 0) {
                    const auto made = plan_gc(base_, {.keep_last = 0}, clock_);
                    if (!made.ok() || !os::configure_faults(core::cat(point, ':', action, ':', n))) { ::_exit(3); }
                    ::_exit(apply_gc(base_, made.value()).ok() ? 0 : 1);
                }
                int status = 0;
                ASSERT_EQ(::waitpid(child, &status, 0), child);
                const std::string when = core::cat(point, ' ', action, ' ', n);
                for (const std::string& path : list_run_dirs(base_).value_or({})) {
                    const auto left = RunDir::open(path);
                    ASSERT_TRUE(left.ok()) << when;
                    EXPECT_EQ(status_of(left.value(), Check::content, std::nullopt).value_or({}).state, State::done) << when;
                }
                const auto again = apply_gc(base_, plan({.keep_last = 0}));
                ASSERT_TRUE(again.ok()) << when << ": " << again.error().message();
                EXPECT_THAT(names_in(base_), ElementsAre(".gitignore")) << when;
                if (WIFEXITED(status)) {
                    ASSERT_EQ(WEXITSTATUS(status), 0) << when;
                    ASSERT_GT(n, 2);
                    break;
                }
            }
        }
    }
}

TEST_F(RetentionTest, FailuresAreTold) {
    for (const char* const fault : {"rundir.trash.rename:eio:1+", "rundir.trash.remove:eio:1+"}) {
        const RunDir one = make_at(0);
        const GcPlan made = plan({.keep_last = 0});
        ASSERT_TRUE(os::configure_faults(fault));
        const auto result = apply_gc(base_, made);
        ASSERT_TRUE(os::configure_faults(""));
        ASSERT_FALSE(result.ok()) << fault;
        EXPECT_EQ(result.error().code(), core::Errc::io);
        ASSERT_TRUE(apply_gc(base_, plan({.keep_last = 0})).ok());
        EXPECT_THAT(names_in(base_), ElementsAre(".gitignore"));
    }
}

}  // namespace
}  // namespace runlake::rundir
