// SPDX-License-Identifier: Apache-2.0
// Run directories: names, making them, opening them again.
#include "rundir/layout.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "tests/support/as_nobody.hpp"
#include "tests/unit/rundir/support.hpp"

namespace runlake::rundir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::write_file;

class LayoutTest : public testing::RunDirTest {
  protected:
    void replace_in(const std::string& path, std::string_view from, std::string_view to) {
        std::string text = text_of(path);
        const std::size_t at = text.find(from);
        ASSERT_NE(at, std::string::npos) << text;
        text.replace(at, from.size(), to);
        write_file(path, text);
    }
};

TEST_F(LayoutTest, IsNamedByTimeAndKey) {
    const RunDir run_dir = make();
    EXPECT_EQ(run_dir.path(), dir_ / "runs/20250505_143022_corn_usa");
    EXPECT_EQ(names_in(run_dir.path()), (std::vector<std::string>{".stages", "config_resolved.yaml", "run.json"}));
    EXPECT_EQ(text_of(dir_ / "runs/.gitignore"), "*\n");
    EXPECT_EQ(text_of(run_dir.path() + "/config_resolved.yaml"), "alpha: 1\n");
    EXPECT_EQ(os::stat_path(run_dir.path() + "/config_resolved.yaml")->st_mode & 0222U, 0U);
    EXPECT_EQ(os::stat_path(run_dir.path() + "/run.json")->st_mode & 0222U, 0U);
}

// The run-directory contract's own bug 1, Hydra #1607 and #2925: two starts in the same second shared one directory.
TEST_F(LayoutTest, StartsInOneSecondGetADirectoryEachHydra1607) {
    constexpr int k_processes = 16;
    std::vector<pid_t> children;
    for (int i = 0; i < k_processes; ++i) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const auto made = RunDir::create(dir_ / "runs", {.run_id = os::new_run_id(), .experiment_key = "corn_usa", .config_text = core::cat("pid: ", ::getpid()), .pipeline_file = "p", .roots = {}}, clock_);
            ::_exit(made.ok() ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    std::set<std::string> ids;
    std::set<std::string> configs;
    const auto paths = list_run_dirs(dir_ / "runs");
    ASSERT_TRUE(paths.ok());
    for (const std::string& path : paths.value()) {
        const auto run_dir = RunDir::open(path);
        ASSERT_TRUE(run_dir.ok()) << run_dir.error().message();
        ids.insert(run_dir.value().info().run_id.str());
        configs.insert(run_dir.value().config().value_or(""));
    }
    EXPECT_EQ(paths.value().size(), static_cast<std::size_t>(k_processes));
    EXPECT_EQ(ids.size(), static_cast<std::size_t>(k_processes));
    EXPECT_EQ(configs.size(), static_cast<std::size_t>(k_processes));
    EXPECT_TRUE(os::exists(dir_ / "runs/20250505_143022_corn_usa-16"));
}

TEST_F(LayoutTest, FolderThatIsThereIsNeverShared) {
    ASSERT_TRUE(os::make_dirs(dir_ / "runs/20250505_143022_corn_usa", 0777, os::point::export_write).ok());
    write_file(dir_ / "runs/20250505_143022_corn_usa-2", "a file");
    EXPECT_EQ(make().path(), dir_ / "runs/20250505_143022_corn_usa-3");
    EXPECT_TRUE(names_in(dir_ / "runs/20250505_143022_corn_usa").empty());
}

TEST_F(LayoutTest, OpensFromItsPathAlone) {
    const RunDir made = RunDir::create(dir_ / "runs", {.run_id = os::new_run_id(), .experiment_key = "soy", .config_text = "x: 1\n", .pipeline_file = "p.yaml", .roots = {{"Z", "/z"}, {"A", "/a"}}}, clock_)
                            .value_or(make());
    const auto opened = RunDir::open(made.path() + "/");
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    const RunDirInfo& info = opened.value().info();
    EXPECT_EQ(opened.value().path(), made.path());
    EXPECT_EQ(info.run_id, made.info().run_id);
    EXPECT_EQ(info.experiment_key, "soy");
    EXPECT_EQ(info.created_at, clock_.at);
    EXPECT_EQ(info.creator, os::this_process());
    EXPECT_EQ(info.host, os::host_name());
    EXPECT_EQ(info.pipeline_file, "p.yaml");
    EXPECT_THAT(info.roots, ElementsAre(std::pair<std::string, std::string>("A", "/a"), std::pair<std::string, std::string>("Z", "/z")));
    EXPECT_EQ(opened.value().config().value_or(""), "x: 1\n");
}

TEST_F(LayoutTest, CopiedElsewhereItOpens) {
    const RunDir made = make();
    std::filesystem::create_directories(dir_ / "elsewhere");
    std::filesystem::copy(made.path(), dir_ / "elsewhere/other name", std::filesystem::copy_options::recursive);
    std::filesystem::remove_all(made.path());
    const auto opened = RunDir::open(dir_ / "elsewhere/other name");
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    EXPECT_EQ(opened.value().info().run_id, made.info().run_id);
    EXPECT_EQ(opened.value().path(), dir_ / "elsewhere/other name");
}

TEST_F(LayoutTest, WhatIsNoneIsNotOpened) {
    const auto missing = RunDir::open(dir_ / "nothing");
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code(), core::Errc::not_found);
    EXPECT_THAT(missing.error().message(), HasSubstr("there is no such folder"));
    const auto plain = RunDir::open(dir_.path());
    ASSERT_FALSE(plain.ok());
    EXPECT_EQ(plain.error().code(), core::Errc::not_found);
    EXPECT_THAT(plain.error().message(), HasSubstr("it has no run.json"));
}

// A configuration that somebody changed is never taken for the one that the results were made with.
TEST_F(LayoutTest, ConfigurationThatWasOverwrittenIsRefused) {
    const RunDir made = make();
    write_file(made.path() + "/config_resolved.yaml", "alpha: 2\n");
    const auto opened = RunDir::open(made.path());
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), core::Errc::corrupt);
    EXPECT_THAT(opened.error().message(), HasSubstr("config_resolved.yaml was changed"));
    EXPECT_FALSE(made.config().ok());
    ASSERT_EQ(::unlink((made.path() + "/config_resolved.yaml").c_str()), 0);
    EXPECT_EQ(RunDir::open(made.path()).error().code(), core::Errc::corrupt);
}

TEST_F(LayoutTest, RecordThatIsDamagedOrNewer) {
    const RunDir made = make();
    const std::string path = made.path() + "/run.json";
    const std::string whole = text_of(path);
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{{made.info().run_id.str(), "x"}, {"corn_usa", "../corn"}, {"2025-05-05", "2025-05-55"}, {"sha256:", "md5:"}, {"\"version\": 1", "\"version\": \"1\""}, {"}", "]"}}) {
        replace_in(path, from, to);
        const auto opened = RunDir::open(made.path());
        ASSERT_FALSE(opened.ok()) << from;
        EXPECT_EQ(opened.error().code(), core::Errc::corrupt) << from;
        write_file(path, whole);
    }
    replace_in(path, "\"version\": 1", "\"version\": 2");
    EXPECT_EQ(RunDir::open(made.path()).error().code(), core::Errc::unsupported);
    write_file(path, whole);
    EXPECT_TRUE(RunDir::open(made.path()).ok());
}

TEST_F(LayoutTest, KeysThatAreNone) {
    for (const std::string& key : {std::string(), std::string("Corn"), std::string("../x"), std::string("a/b"), std::string("a b"), std::string("a-b"), std::string(101, 'a')}) {
        const auto made = RunDir::create(dir_ / "runs", {.run_id = os::new_run_id(), .experiment_key = key, .config_text = "", .pipeline_file = "", .roots = {}}, clock_);
        ASSERT_FALSE(made.ok()) << key;
        EXPECT_EQ(made.error().code(), core::Errc::usage);
    }
    EXPECT_FALSE(os::exists(dir_ / "runs"));
}

TEST_F(LayoutTest, AFailureLeavesNoRunDirectory) {
    int failures = 0;
    for (const char* name : {"rundir.create", "rundir.config.write", "rundir.record.write"}) {
        for (const char* error : {"enospc", "eio", "short", "erofs"}) {
            for (int n = 1; n < 12; ++n) {
                ASSERT_TRUE(os::configure_faults(core::cat(name, ':', error, ':', n)));
                const auto made = RunDir::create(dir_ / "runs", {.run_id = os::new_run_id(), .experiment_key = "k", .config_text = "alpha: 1\n", .pipeline_file = "", .roots = {}}, clock_);
                ASSERT_TRUE(os::configure_faults(""));
                if (made.ok()) {
                    // Beyond the last passing; or the folder was made by another call already.
                    EXPECT_TRUE(RunDir::open(made.value().path()).ok());
                    ASSERT_TRUE(os::remove_tree(made.value().path(), os::point::export_write).ok());
                    continue;
                }
                ++failures;
                EXPECT_EQ(made.error().code(), core::Errc::io) << made.error().message();
                EXPECT_TRUE(list_run_dirs(dir_ / "runs").value_or({}).empty()) << name << error << n;
                for (const std::string& left : names_in(dir_ / "runs")) { EXPECT_EQ(left, ".gitignore") << name << error << n; }
            }
        }
    }
    EXPECT_GT(failures, 30);
}

TEST_F(LayoutTest, BaseWithoutPermission) {
    if (::geteuid() != 0) { ASSERT_EQ(::chmod(dir_.path().c_str(), 0500), 0); }
    {
        const runlake::testing::AsNobody nobody;
        const auto made = RunDir::create(dir_ / "runs", {.run_id = os::new_run_id(), .experiment_key = "k", .config_text = "", .pipeline_file = "", .roots = {}}, clock_);
        ASSERT_FALSE(made.ok());
        EXPECT_EQ(made.error().code(), core::Errc::io);
        EXPECT_THAT(made.error().message(), HasSubstr("permission denied"));
    }
    ASSERT_EQ(::chmod(dir_.path().c_str(), 0700), 0);
}

TEST_F(LayoutTest, EachAttemptKeepsItsOwnConfiguration) {
    const RunDir run_dir = make();
    EXPECT_TRUE(run_dir.attempts().value_or({9}).empty());
    EXPECT_EQ(run_dir.add_attempt("alpha: 2\n").value_or(0), 1);
    EXPECT_EQ(run_dir.add_attempt("alpha: 3\n").value_or(0), 2);
    ASSERT_TRUE(os::make_dirs(run_dir.path() + "/attempts/x", 0777, os::point::export_write).ok());
    ASSERT_TRUE(os::make_dirs(run_dir.path() + "/attempts/10", 0777, os::point::export_write).ok());
    EXPECT_EQ(run_dir.add_attempt("alpha: 4\n").value_or(0), 11);
    EXPECT_THAT(run_dir.attempts().value_or({}), ElementsAre(1, 2, 10, 11));
    EXPECT_EQ(text_of(run_dir.path() + "/attempts/2/config_train.yaml"), "alpha: 3\n");
    EXPECT_EQ(text_of(run_dir.path() + "/config_resolved.yaml"), "alpha: 1\n");
    EXPECT_TRUE(RunDir::open(run_dir.path()).ok());
}

TEST_F(LayoutTest, ListsThoseThatAreOne) {
    const RunDir first = make();
    clock_.at.micros += 1'000'000;
    const RunDir second = make("a");
    ASSERT_TRUE(os::make_dirs(dir_ / "runs/plain", 0777, os::point::export_write).ok());
    ASSERT_TRUE(os::make_dirs(dir_ / "runs/.trash/x", 0777, os::point::export_write).ok());
    write_file(dir_ / "runs/.trash/run.json", "{}");
    ASSERT_EQ(::symlink(first.path().c_str(), (dir_ / "runs/latest").c_str()), 0);
    const auto paths = list_run_dirs(dir_ / "runs");
    ASSERT_TRUE(paths.ok());
    EXPECT_THAT(paths.value(), ElementsAre(first.path(), second.path()));
    EXPECT_EQ(list_run_dirs(dir_ / "no").error().code(), core::Errc::not_found);
}

TEST_F(LayoutTest, LeasesOfInstancesAndAttempts) {
    const RunDir run_dir = make();
    const StageInstance which{"fit", "fold=2020"};
    ASSERT_TRUE(os::remove_tree(run_dir.leases(), os::point::export_write).ok());   // as after a copy that leaves out empty folders
    const auto lease = run_dir.take_lease(which, "run fit");
    ASSERT_TRUE(lease.ok()) << lease.error().message();
    const auto second = run_dir.take_lease(which, "run fit");
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code(), core::Errc::busy);
    EXPECT_TRUE(run_dir.take_lease({"fit", "fold=2021"}, "run fit").ok());
    const auto attempt = run_dir.enter("pipeline run");
    const auto another = run_dir.enter("pipeline run");
    EXPECT_TRUE(attempt.ok() && another.ok());
    EXPECT_EQ(run_dir.take_lease({"../fit", "-"}, "x").error().code(), core::Errc::usage);
}

TEST(InstanceName, OneNameForOnePoint) {
    EXPECT_EQ(instance_name({}), "-");
    EXPECT_EQ(instance_name({{"season_year", "2024"}, {"init_date", "2024-05-01"}}), "init_date=2024-05-01,season_year=2024");
    EXPECT_EQ(instance_name({{"a", "x/y,z=1 %\xC3\xA9"}}), "a=x%2Fy%2Cz%3D1%20%25%C3%A9");
    EXPECT_EQ(instance_name({{"a", ".."}}), "a=..");
    EXPECT_EQ(instance_name({{"a", ""}}), "a=");
}

// PR-369 of the hindcast: one init_date of two season years shared a folder, and the second reused the first's artefacts.
TEST(InstanceName, EveryDimensionTellsApartPr369) {
    const std::vector<std::vector<std::pair<std::string, std::string>>> points = {{{"init_date", "2024-05-01"}, {"season_year", "2024"}},
                                                                                   {{"init_date", "2024-05-01"}, {"season_year", "2025"}},
                                                                                   {{"init_date", "2024-05-01"}},
                                                                                   {{"init_date", "2024-05-01,season_year=2024"}},
                                                                                   {{"init_date", "2024-05-01"}, {"season_year", ""}},
                                                                                   {{"init", "date=2024-05-01"}}};
    std::set<std::string> names;
    for (const auto& point : points) {
        const std::string name = instance_name(point);
        names.insert(name);
        const auto back = parse_instance(name);
        ASSERT_TRUE(back.ok()) << name;
        EXPECT_EQ(back.value(), point);
    }
    EXPECT_EQ(names.size(), points.size());
}

TEST(InstanceName, NamesThatAreNone) {
    for (const char* name : {"", "a", "=1", "a=1,", ",a=1", "b=1,a=1", "a=1,a=2", "a=%2", "a=%2f", "a=%41", "a= ", "a=1=2", "../a=1", "a=x/y", "--", "a=%", "a=%0"}) {
        const auto parsed = parse_instance(name);
        ASSERT_FALSE(parsed.ok()) << name;
        EXPECT_EQ(parsed.error().code(), core::Errc::corrupt);
    }
}

TEST(InstanceName, NamesOfFolders) {
    EXPECT_TRUE(check_instance({"fit-production_2", "fold=2020"}).ok());
    for (const StageInstance& which : {StageInstance{"", "-"}, StageInstance{".tmp", "-"}, StageInstance{"a/b", "-"}, StageInstance{"Fit", "-"}, StageInstance{std::string(65, 'a'), "-"},
                                       StageInstance{"fit", ""}, StageInstance{"fit", ".."}, StageInstance{"fit", instance_name({{"a", std::string(200, 'x')}})}}) {
        const auto checked = check_instance(which);
        ASSERT_FALSE(checked.ok()) << which.str();
        EXPECT_EQ(checked.error().code(), core::Errc::usage);
    }
    const StageInstance longest{std::string(64, 's'), instance_name({{"a", std::string(198, 'x')}})};
    StageInstance other = longest;
    other.instance.back() = 'y';
    ASSERT_TRUE(check_instance(longest).ok());
    EXPECT_LE(flat_name(longest).size(), 150U);
    EXPECT_NE(flat_name(longest), flat_name(other));
    EXPECT_EQ(flat_name({"fit", "fold=2020"}), "fit@fold=2020");
}

TEST(LayoutPath, PathsInTheTree) {
    for (const char* path : {"a", "models/corn_usa/2020/model.json", ".hidden", "a b/\xC3\xA9", "stages", "a/run.json", "...", "a/..b"}) {
        const auto checked = check_layout_path(path);
        EXPECT_TRUE(checked.ok()) << path;
    }
    for (const char* path : {"", "/a", "a//b", "a/", "./a", "a/..", "..", "a\nb", "a\x7f", "\xff", ".stages", ".stages/x", "attempts/1", "run.json", "config_resolved.yaml", "pinned"}) {
        const auto checked = check_layout_path(path);
        ASSERT_FALSE(checked.ok()) << path;
        EXPECT_EQ(checked.error().code(), core::Errc::usage);
    }
}

}  // namespace
}  // namespace runlake::rundir
