// SPDX-License-Identifier: Apache-2.0
// Decisions of doctor that need another clock or an old file: how far the file server's time is off, and what killed programs left.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "ops/doctor_parts.hpp"
#include "jobs/run_store.hpp"
#include "ops/leftovers.hpp"
#include "os/stamp.hpp"
#include "os/system.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::ops {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t k_second = 1'000'000;
constexpr std::int64_t k_day = 24 * 3600 * k_second;

// The system's clock, set wrong.
class WrongClock : public core::Clock {
  public:
    explicit WrongClock(std::int64_t off_by) : off_by_(off_by) {}
    core::Timestamp now() const override { return {os::system_clock().now().micros + off_by_}; }
    std::int64_t monotonic_ns() const override { return os::system_clock().monotonic_ns(); }

  private:
    std::int64_t off_by_;
};

TEST(ClockGapTest, IsToldBeyondTwoSeconds) {
    const auto gap = [](std::int64_t stamped) { return clock_gap_micros({100 * k_second}, {stamped}, {101 * k_second}); };
    EXPECT_EQ(gap(100 * k_second), std::nullopt);
    EXPECT_EQ(gap(100 * k_second + 1), std::nullopt);
    EXPECT_EQ(gap(98 * k_second), std::nullopt);
    EXPECT_EQ(gap(103 * k_second), std::nullopt);
    EXPECT_EQ(gap(98 * k_second - 1), -2 * k_second - 1);
    EXPECT_EQ(gap(103 * k_second + 1), 2 * k_second + 1);
    EXPECT_EQ(gap(0), -100 * k_second);
}

TEST(FileClockTest, IsOursHereAndLeavesNothing) {
    const testing::TempDir temp;
    const auto before = os::system_clock().now();
    const auto stamped = os::file_clock(temp.path());
    ASSERT_TRUE(stamped.ok()) << stamped.error().message();
    EXPECT_EQ(clock_gap_micros(before, stamped.value(), os::system_clock().now()), std::nullopt);
    EXPECT_TRUE(fs::is_empty(temp.path()));
    EXPECT_FALSE(os::file_clock(temp / "nowhere").ok());
}

struct DoctorTest : ::testing::Test {
    testing::TempDir temp;
    record::Store store{.root = temp.path(), .dir = temp / ".runlake"};
    void SetUp() override { fs::create_directories(store.journal()); }

    std::vector<Finding> clock_findings(std::int64_t off_by) const {
        const WrongClock clock(off_by);
        Findings found;
        examine_journal(store, clock, found);
        std::erase_if(found, [](const Finding& finding) { return finding.area != "clock"; });
        return found;
    }
    // A file that was last written so long ago.
    std::string put(const std::string& name, std::int64_t age) const {
        std::string path = store.dir + "/" + name;
        fs::create_directories(fs::path(path).parent_path());
        std::ofstream(path) << "half";
        const std::int64_t at = (os::system_clock().now().micros - age) / k_second;
        const struct timespec times[2] = {{.tv_sec = at, .tv_nsec = 0}, {.tv_sec = at, .tv_nsec = 0}};
        EXPECT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
        return path;
    }
    Leftovers found() const { return find_leftovers(store, os::system_clock().now()); }
};

TEST_F(DoctorTest, SaysHowFarTheFileServersClockIsOff) {
    const auto well = clock_findings(0);
    ASSERT_EQ(well.size(), 1U);
    EXPECT_EQ(well[0].level, Level::ok);
    const auto ahead = clock_findings(-10 * k_second);
    ASSERT_EQ(ahead.size(), 1U);
    EXPECT_EQ(ahead[0].level, Level::note);
    EXPECT_THAT(ahead[0].text, HasSubstr(" s ahead of this machine's"));
    EXPECT_NEAR(ahead[0].facts.number_at("file_system_ahead_seconds").value_or(0), 10, 1);
    EXPECT_FALSE(ahead[0].next.empty());
    const auto behind = clock_findings(3600 * k_second);
    ASSERT_EQ(behind.size(), 1U);
    EXPECT_EQ(behind[0].level, Level::problem);
    EXPECT_THAT(behind[0].text, HasSubstr(" s behind this machine's"));
}

TEST(TemporaryNameTest, OnlyWhatPublishingMakes) {
    for (const char* name : {".runs.cursor.0123456789abcdef.tmp", ".a.0123456789abcdef.tmp", ".lease.01234567.probe", ".clock.01234567.probe"}) { EXPECT_TRUE(is_temporary_name(name)) << name; }
    for (const char* name : {"a.0123456789abcdef.tmp", ".0123456789abcdef.tmp", ".a.0123456789ABCDEF.tmp", ".a.0123456789abcde.tmp", ".a-0123456789abcdef.tmp", ".tmp", ".a.tmp", ".probe",
                             ".n.01234567.probe.tmp", ".a.01234567.tmp", ".a.0123456789abcdef.tmp~", "", ".gitignore"}) {
        EXPECT_FALSE(is_temporary_name(name)) << name;
    }
}

TEST_F(DoctorTest, LeftoversAreOldAndInTheStore) {
    const std::string top = put(".hint.0123456789abcdef.tmp", k_day + k_second);
    const std::string deep = put("cache/observe/.push.0123456789abcdef.tmp", 30 * k_day);
    const std::string probe = put("journal/x/.care.lease.01234567.probe", 2 * k_day);
    put(".young.0123456789abcdef.tmp", k_day - 60 * k_second);
    put("output/run/stdout.tmp", 30 * k_day);
    put("patches/0123456789abcdef.tmp", 30 * k_day);
    fs::create_directory(store.dir + "/.folder.0123456789abcdef.tmp");
    fs::create_symlink(top, store.dir + "/.link.0123456789abcdef.tmp");
    fs::create_directory_symlink("..", store.dir + "/round");
    EXPECT_THAT(found().paths, ElementsAre(top, deep, probe));
    EXPECT_EQ(found().bytes, 12U);

    Findings said;
    examine_store(store, os::system_clock(), said);
    const auto note = std::ranges::find(said, Level::note, &Finding::level);
    ASSERT_NE(note, said.end());
    EXPECT_THAT(note->text, HasSubstr("3 temporary files"));

    ASSERT_TRUE(remove_leftovers(found()).ok());
    EXPECT_TRUE(found().paths.empty());
    EXPECT_TRUE(fs::exists(store.dir + "/.young.0123456789abcdef.tmp") && fs::exists(store.dir + "/output/run/stdout.tmp"));
}

TEST_F(DoctorTest, FoldersOfJobsThatWereBeingMadeAreLeftovers) {
    store.root = fs::path(store.dir).parent_path();
    const auto runs = jobs::RunStore::create(store);
    ASSERT_TRUE(runs.ok()) << runs.error().message();
    const std::string workspace = runs.value().workspace();
    for (const char* name : {".new-01234567-0123456789abcdef", ".new-89abcdef-0123456789abcdef", "0123456789abcdef0123456789abcdef"}) {
        fs::create_directories(workspace + "/" + name);
        std::ofstream(workspace + "/" + name + "/signac_statepoint.json") << "{}";
        const std::int64_t at = os::system_clock().now().micros / k_second - (name[5] == '8' ? 60 : 2 * k_day / k_second);
        const struct timespec times[2] = {{.tv_sec = at, .tv_nsec = 0}, {.tv_sec = at, .tv_nsec = 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, (workspace + "/" + name).c_str(), times, 0), 0);
    }
    EXPECT_THAT(found().paths, ElementsAre(workspace + "/.new-01234567-0123456789abcdef"));
    EXPECT_EQ(found().bytes, 2U);
    ASSERT_TRUE(remove_leftovers(found()).ok());
    EXPECT_FALSE(fs::exists(workspace + "/.new-01234567-0123456789abcdef"));
    EXPECT_TRUE(fs::exists(workspace + "/.new-89abcdef-0123456789abcdef") && fs::exists(workspace + "/0123456789abcdef0123456789abcdef"));
}

}  // namespace
}  // namespace runlake::ops
