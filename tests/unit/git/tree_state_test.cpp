// SPDX-License-Identifier: Apache-2.0
// What counts as a difference, and that equal trees have equal digests.
#include "git/tree_state.hpp"

#include <set>

#include "tests/unit/git/git_repo.hpp"

namespace runlake::testing {
namespace {

using git::TreeKind;

// A commit with a bit of everything.
class TreeStateTest : public ::testing::Test {
  protected:
    void SetUp() override {
        repo.write("a.txt", "one\ntwo\nthree\n");
        repo.write("src/b.py", "print('b')\n");
        repo.write("tool.sh", "#!/bin/sh\n");
        std::filesystem::permissions(repo / "tool.sh", std::filesystem::perms::owner_all);
        std::filesystem::create_symlink("a.txt", repo / "link");
        repo.write(".gitignore", "*.log\nbuild/\n");
        repo.commit();
    }
    GitRepo repo;
};

TEST_F(TreeStateTest, CleanAfterACommitAndAfterTouching) {
    EXPECT_EQ(repo.state().kind, TreeKind::clean) << repo.state().reason;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(repo.path())) {
        if (entry.is_regular_file()) { std::filesystem::last_write_time(entry.path(), std::filesystem::file_time_type::clock::now()); }
    }
    EXPECT_EQ(repo.state().kind, TreeKind::clean) << "content counts, not times";
    EXPECT_EQ(repo.state().patch, "");
}

TEST_F(TreeStateTest, EveryKindOfChangeGivesAnotherDigest) {
    std::set<std::string> digests;
    const auto note = [&](const char* what) {
        const std::string digest = repo.digest();
        EXPECT_NE(digest, "") << what;
        EXPECT_TRUE(digests.insert(digest).second) << what;
        repo.git({"reset", "-q", "--hard"});
        repo.git({"clean", "-q", "-f", "-d", "-x"});
        EXPECT_EQ(repo.digest(), "") << what;
    };
    repo.write("a.txt", "one\ntwo\nTHREE\n");
    note("content");
    repo.write("a.txt", "one\ntwo\nthrEE\n");
    note("other content");
    repo.remove("a.txt");
    note("deletion");
    std::filesystem::rename(repo / "a.txt", repo / "c.txt");
    note("rename");
    repo.write("new.txt", "one\ntwo\nthree\n");
    note("untracked");
    repo.write("new.txt", "");
    note("untracked and empty");
    repo.write("new2.txt", "");
    note("another name");
    std::filesystem::permissions(repo / "a.txt", std::filesystem::perms::owner_exec, std::filesystem::perm_options::add);
    note("mode");
    repo.remove("link");
    std::filesystem::create_symlink("src/b.py", repo / "link");
    note("link target");
    repo.remove("link");
    repo.write("link", "a.txt");
    note("a file where a link was, with the target as its text");
    repo.remove("a.txt");
    repo.write("a.txt/inside", "x");
    note("a folder where a file was");
    repo.remove("src");
    repo.write("src", "x");
    note("a file where a folder was");
}

TEST_F(TreeStateTest, WhatIsStagedDoesNotMatter) {
    repo.write("a.txt", "changed\n");
    repo.write("added.txt", "new\n");
    repo.remove("tool.sh");
    const std::string unstaged = repo.digest();
    repo.git({"add", "a.txt"});
    EXPECT_EQ(repo.digest(), unstaged);
    repo.git({"add", "-A"});
    EXPECT_EQ(repo.digest(), unstaged);
    repo.git({"reset", "-q"});
    EXPECT_EQ(repo.digest(), unstaged);
    repo.git({"add", "-N", "added.txt"});
    EXPECT_EQ(repo.digest(), unstaged);
}

TEST_F(TreeStateTest, StagedAndPutBackIsClean) {
    repo.write("a.txt", "changed\n");
    repo.git({"add", "a.txt"});
    repo.write("a.txt", "one\ntwo\nthree\n");
    EXPECT_EQ(repo.digest(), "");
    repo.git({"reset", "-q"});
    repo.git({"rm", "-q", "--cached", "a.txt"});
    EXPECT_EQ(repo.digest(), "") << "gone from the index, but the tree is the commit's";
}

TEST_F(TreeStateTest, EqualTreesHaveEqualDigestsEverywhere) {
    const GitRepo clone(repo, {});
    const mode_t old_mask = ::umask(077);
    ::setenv("TZ", "Asia/Kathmandu", 1);
    for (const GitRepo* each : {&std::as_const(repo), &clone}) {
        each->write("a.txt", "edited\n");
        each->write("dir/x", "x\n");
        each->write("dir/y", std::string("bin\0ary", 7));
        each->remove("src/b.py");
        ::umask(022);
        ::setenv("TZ", "UTC", 1);
    }
    ::umask(old_mask);
    ::unsetenv("TZ");
    clone.git({"add", "-A"});
    EXPECT_EQ(repo.digest(), clone.digest());
    EXPECT_EQ(repo.state().patch, clone.state().patch);
}

TEST_F(TreeStateTest, IgnoredFilesDoNotCount) {
    repo.write("x.log", "noise");
    repo.write("build/out.bin", "noise");
    EXPECT_EQ(repo.digest(), "");
    repo.write("sub/.gitignore", "*\n!kept\n");
    repo.write("sub/dropped", "noise");
    EXPECT_EQ(repo.digest(), "");
    repo.write("sub/kept", "counts");
    EXPECT_NE(repo.digest(), "");
}

TEST_F(TreeStateTest, TrackedFilesInIgnoredFoldersCount) {
    repo.write("build/tracked", "1");
    repo.git({"add", "-f", "build/tracked"});
    repo.commit();
    repo.write("build/noise", "x");
    EXPECT_EQ(repo.digest(), "");
    repo.write("build/tracked", "2");
    EXPECT_NE(repo.digest(), "");
}

TEST_F(TreeStateTest, OwnFoldersNeverCount) {
    repo.write(".runlake/config.yaml", "a: 1\n");
    repo.write("sub/.runlake/journal/x", "1");
    repo.write(".runs/workspace/j/f", "1");
    repo.write("runs/20250109_x/DONE", "1");
    EXPECT_NE(repo.digest(), "") << "runs/ is only ours where the caller says so";
    git::TreeOptions options;
    options.own_folders = {"runs"};
    EXPECT_EQ(repo.digest(options), "");
    repo.git({"add", "-A", "-f"});
    repo.commit();
    repo.write(".runlake/config.yaml", "a: 2\n");
    repo.remove("runs");
    repo.remove(".runs");
    EXPECT_EQ(repo.digest(options), "") << "tracked ones neither";
    repo.write("src/runs/code.py", "x");
    EXPECT_NE(repo.digest(options), "") << "a folder of that name elsewhere is the user's";
}

TEST_F(TreeStateTest, AssumeUnchangedHidesNothing) {
    repo.git({"update-index", "--assume-unchanged", "a.txt"});
    EXPECT_EQ(repo.digest(), "");
    repo.write("a.txt", "changed\n");
    EXPECT_NE(repo.digest(), "");
}

TEST_F(TreeStateTest, SparseCheckoutIsClean) {
    repo.git({"sparse-checkout", "set", "--no-cone", "/a.txt", "/.gitignore"});
    ASSERT_FALSE(os::exists(repo / "tool.sh"));
    EXPECT_EQ(repo.digest(), "");
}

TEST_F(TreeStateTest, AnEditInTheSameTickAsTheCommitIsSeen) {
    for (int i = 0; i < 20; ++i) {
        repo.write("a.txt", core::cat("round ", 10 + i, "\n"));
        repo.commit();
        repo.write("a.txt", core::cat("ROUND ", 10 + i, "\n"));  // same size, at once, same inode
        ASSERT_NE(repo.digest(), "") << i;
    }
}

TEST_F(TreeStateTest, TimesPutBackHideNothing) {
    const auto before = std::filesystem::last_write_time(repo / "a.txt");
    repo.write("a.txt", "one\ntwo\nTHREE\n");
    std::filesystem::last_write_time(repo / "a.txt", before);
    EXPECT_NE(repo.digest(), "");
}

TEST_F(TreeStateTest, AMergeConflictIsLookedAt) {
    repo.git({"checkout", "-q", "-b", "other"});
    repo.write("a.txt", "other\n");
    repo.commit();
    repo.git({"checkout", "-q", "main"});
    repo.write("a.txt", "main\n");
    repo.commit();
    auto merged = os::run_program({"git", "-C", repo.path(), "merge", "other"}, 60000);
    ASSERT_TRUE(merged.ok() && merged.value().status != 0);
    const std::string conflict = repo.digest();
    EXPECT_NE(conflict, "");
    repo.write("a.txt", "main\n");
    EXPECT_EQ(repo.digest(), "") << "whatever the index says, the tree is the commit's";
}

TEST_F(TreeStateTest, SubmodulesCountByTheirHeadAndTheirOwnState) {
    const GitRepo library;
    library.write("lib.c", "int x;\n");
    library.commit();
    repo.git({"submodule", "add", "-q", library.path(), "vendor/lib"});
    repo.commit();
    EXPECT_EQ(repo.digest(), "");

    write_file(repo / "vendor/lib/lib.c", "int y;\n");
    const std::string dirty = repo.digest();
    EXPECT_NE(dirty, "");
    EXPECT_NE(repo.state().patch.find("# left out: \"vendor/lib\""), std::string::npos);
    GitRepo::run({"git", "-C", repo / "vendor/lib", "commit", "-q", "-a", "-m", "y"});
    const std::string moved = repo.digest();
    EXPECT_NE(moved, "");
    EXPECT_NE(moved, dirty);

    const GitRepo bare_clone(repo, {"--no-recurse-submodules"});
    EXPECT_EQ(bare_clone.digest(), "") << "a submodule that was never checked out";
    std::filesystem::remove(bare_clone / "vendor/lib");
    EXPECT_NE(bare_clone.digest(), "") << "its folder is gone";
}

TEST_F(TreeStateTest, ANestedRepositoryCountsByItsCommit) {
    std::filesystem::create_directories(repo / "inner");
    GitRepo::run({"git", "-C", repo / "inner", "init", "-q"});
    const std::string unborn = repo.digest();
    EXPECT_NE(unborn, "");
    write_file(repo / "inner/f", "1");
    GitRepo::run({"git", "-C", repo / "inner", "add", "f"});
    GitRepo::run({"git", "-C", repo / "inner", "commit", "-q", "-m", "1"});
    const std::string committed = repo.digest();
    EXPECT_NE(committed, unborn);
    write_file(repo / "inner/f", "2");
    EXPECT_NE(repo.digest(), committed);
}

TEST_F(TreeStateTest, EachWorktreeIsComparedWithItsOwnFiles) {
    const TempDir other;
    repo.git({"worktree", "add", "-q", other / "side"});
    auto side = git::find_repository(other / "side");
    ASSERT_TRUE(side.ok() && side.value());
    git::TreeOptions options;
    options.limit = std::chrono::minutes(5);
    EXPECT_EQ(git::tree_state(*side.value(), repo.head(), options).kind, TreeKind::clean);
    write_file(other / "side/a.txt", "side\n");
    EXPECT_EQ(git::tree_state(*side.value(), repo.head(), options).kind, TreeKind::dirty);
    EXPECT_EQ(repo.state(options).kind, TreeKind::clean);
}

}  // namespace
}  // namespace runlake::testing
