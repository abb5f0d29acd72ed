// SPDX-License-Identifier: Apache-2.0
// What the ledger asks of git: which files are committed as they stand, and the merge driver in its configuration.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "git/committed.hpp"
#include "git/merge_driver.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::git {
namespace {

namespace fs = std::filesystem;
using core::Errc;

const MergeDriver k_driver{"runlake-ledger", "which stands", "'/x y/run\"lake' %O %A"};

struct LedgerGitTest : ::testing::Test {
    testing::TempDir temp;
    void SetUp() override { git("init -q"); }
    void git(const std::string& words) const {
        const std::string command = "cd '" + temp.path() + "' && git -c user.name=t -c user.email=t@example.org " + words + " > /dev/null 2>&1";
        ASSERT_EQ(std::system(command.c_str()), 0) << words;
    }
    void put(const std::string& name, const std::string& text) const {
        fs::create_directories(fs::path(temp / name).parent_path());
        std::ofstream(temp / name, std::ios::binary) << text;
    }
    std::string get(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(temp / name, std::ios::binary).rdbuf();
        return text.str();
    }
    Location where() const { return *find_repository(temp.path()).take(); }
};

TEST_F(LedgerGitTest, TheFilesOfOneFolderByTheirContents) {
    EXPECT_TRUE(committed_files(where(), "a/b").take().empty()) << "no commit yet";
    put("a/b/x.json", "one\n");
    put("a/b/deep/z.json", "z\n");
    put("a/bc/y.json", "two\n");
    put("top.json", "top\n");
    git("add -A");
    git("commit -q -m first");
    put("a/b/late.json", "late\n");
    const auto files = committed_files(where(), "a/b").take();
    ASSERT_EQ(files.size(), 1U);
    EXPECT_EQ(files.at("x.json"), content_id("one\n").take());
    EXPECT_NE(files.at("x.json"), content_id("two\n").take());
    EXPECT_EQ(committed_files(where(), "").take().count("top.json"), 1U);
    EXPECT_TRUE(committed_files(where(), "nowhere").take().empty());
}

TEST_F(LedgerGitTest, TheDriverIsWrittenOnceAndReadByGit) {
    const std::string before = get(".git/config");
    EXPECT_FALSE(is_merge_driver_set(where(), k_driver).take());
    EXPECT_TRUE(set_merge_driver(where(), k_driver).take());
    EXPECT_FALSE(set_merge_driver(where(), k_driver).take());
    EXPECT_TRUE(get(".git/config").starts_with(before));
    ASSERT_EQ(std::system(("test \"$(git -C '" + temp.path() + "' config merge.runlake-ledger.driver)\" = \"'/x y/run\\\"lake' %O %A\"").c_str()), 0);
    EXPECT_FALSE(fs::exists(temp / ".git/config.lock"));
}

TEST_F(LedgerGitTest, AnOlderDriverIsReplacedAndTheRestKept) {
    const std::string text = "[core]\n\tbare = false\n[merge \"runlake-ledger\"]\n\tname = old\n\tdriver = old\n[user]\n\tname = x";
    const std::string made = with_merge_driver(text, k_driver);
    EXPECT_EQ(made.find("old"), std::string::npos);
    EXPECT_NE(made.find("[core]\n\tbare = false\n[user]\n\tname = x\n[merge"), std::string::npos);
    EXPECT_TRUE(has_merge_driver(made, k_driver));
    EXPECT_EQ(with_merge_driver(made, k_driver), made);
}

TEST_F(LedgerGitTest, AConfigurationThatIsHeldIsLeftAlone) {
    put(".git/config.lock", "");
    EXPECT_EQ(set_merge_driver(where(), k_driver).error().code(), Errc::busy);
    EXPECT_TRUE(fs::exists(temp / ".git/config.lock"));
}

}  // namespace
}  // namespace runlake::git
