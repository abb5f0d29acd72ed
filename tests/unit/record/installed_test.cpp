// SPDX-License-Identifier: Apache-2.0
// What an installation left: ours before aexp's, and defaults behind both.
#include "record/installed.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "os/system.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::record {
namespace {

namespace fs = std::filesystem;
using core::Errc;

struct InstalledTest : ::testing::Test {
    testing::TempDir temp;
    Store store{.root = temp.path(), .dir = temp / ".runlake"};
    void put(const std::string& name, const std::string& text) const {
        fs::create_directories(fs::path(temp / name).parent_path());
        std::ofstream(temp / name) << text;
    }
    static Installed ours() { return {.version = "0.1.0", .installed_at = "2026-06-03T11:02:41Z", .run_store_path = "data/runs", .scaffold_sha = "s", .labels = {{os::machine_id(), "cluster"}}}; }
};

TEST_F(InstalledTest, WithoutAMarkerTheDefaultsHold) {
    EXPECT_FALSE(read_installed(store).take().has_value());
    EXPECT_EQ(run_store_path(store), temp / ".runs");
    EXPECT_EQ(machine_label(store), os::host_name().substr(0, os::host_name().find('.')));
    EXPECT_FALSE(is_aexp_repository(store));
    EXPECT_EQ(run_store_path({.root = "", .dir = temp / "x"}), "");
}

TEST_F(InstalledTest, AexpsMarkerIsRead) {
    put(".aexp/installed.json", R"({"version": "0.6.1", "run_store_path": "theirs", "machine_label": "board"})");
    EXPECT_TRUE(is_aexp_repository(store));
    EXPECT_EQ(run_store_path(store), temp / "theirs");
    EXPECT_EQ(machine_label(store), "board");
    put(".runlake/installed.json", installed_text(ours()));
    EXPECT_EQ(run_store_path(store), temp / "data/runs");
    EXPECT_EQ(machine_label(store), "cluster");
    // A label of another machine says nothing of this one.
    Installed other = ours();
    other.labels = {{"another", "laptop"}};
    put(".runlake/installed.json", installed_text(other));
    EXPECT_EQ(machine_label(store), "board");
    put(".aexp/installed.json", "{");
    put(".runlake/installed.json", "[]");
    EXPECT_EQ(run_store_path(store), temp / ".runs");
}

TEST_F(InstalledTest, IsReadAsItWasWritten) {
    const std::string text = installed_text(ours());
    const auto read = parse_installed(text);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(installed_text(read.value()), text);
    for (const char* wrong : {"", "{}", "[]", R"({"schema": "runlake.installed/1"})", R"({"schema": "other/1"})"}) { EXPECT_EQ(parse_installed(wrong).error().code(), Errc::corrupt) << wrong; }
    EXPECT_EQ(parse_installed(R"({"schema": "runlake.installed/2"})").error().code(), Errc::unsupported);
}

TEST_F(InstalledTest, LabelsThatCanNameAFile) {
    for (const char* label : {"a", "cluster-2", "node17.local", "A_b"}) { EXPECT_TRUE(check_label(label).ok()) << label; }
    for (const char* label : {"", ".", "..", "-x", "a/b", "a b", "\xc3\xa9", "a\n"}) { EXPECT_EQ(check_label(label).error().code(), Errc::usage) << label; }
    EXPECT_FALSE(check_label(std::string(65, 'a')).ok());
}

}  // namespace
}  // namespace runlake::record
