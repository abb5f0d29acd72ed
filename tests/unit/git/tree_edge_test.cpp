// SPDX-License-Identifier: Apache-2.0
// When a tree's state can't be told, and that nothing of a repository's configuration is run.
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "git/tree_state.hpp"
#include "tests/support/as_nobody.hpp"
#include "tests/unit/git/git_repo.hpp"

namespace runlake::testing {
namespace {

using git::TreeKind;

// Makes a change at every moment at which the work can be stopped: the answer is the tree before, the tree after, or unknown, never a mixture.
template <class Change, class Undo>
void expect_no_mixture(const GitRepo& repo, Change change, Undo undo) {
    const std::string before = repo.digest();
    change();
    const std::string after = repo.digest();
    undo();
    ASSERT_EQ(repo.digest(), before);
    ASSERT_NE(before, after);
    int unknown = 0;
    for (int moment = 1;; ++moment) {
        int asked = 0;
        git::TreeOptions options;
        options.stop = [&] {
            if (++asked == moment) { change(); }
            return false;
        };
        const auto state = repo.state(options);
        undo();
        if (asked < moment) { break; }
        if (state.kind == TreeKind::unknown) {
            EXPECT_NE(state.reason.find("changed"), std::string::npos) << state.reason;
            EXPECT_FALSE(state.digest);
            ++unknown;
            continue;
        }
        const std::string digest = state.digest ? state.digest->hex() : "";
        EXPECT_TRUE(digest == before || digest == after) << "moment " << moment;
    }
    EXPECT_GT(unknown, 0);
}

TEST(TreeEdge, FilesThatChangeMeanwhileMakeItUnknown) {
    const GitRepo repo;
    for (int i = 0; i < 300; ++i) { repo.write(core::cat("f", i), "x"); }
    repo.commit();
    repo.write("f7", "dirty");
    const auto write_all = [&](std::string_view text) {
        for (const char* name : {"f1", "f100", "f200", "f299"}) { repo.write(name, text); }
    };
    expect_no_mixture(repo, [&] { write_all("y"); }, [&] { write_all("x"); });
}

TEST(TreeEdge, FilesThatAppearOrGoMeanwhileMakeItUnknown) {
    const GitRepo repo;
    for (int i = 0; i < 300; ++i) { repo.write(core::cat("f", i), "x"); }
    repo.commit();
    expect_no_mixture(
        repo,
        [&] {
            repo.write("appears", "y");
            repo.write("z/appears", "y");
            repo.remove("f150");
        },
        [&] {
            repo.remove("appears");
            repo.remove("z");
            repo.write("f150", "x");
        });
}

TEST(TreeEdge, IgnoredFilesMayAppearMeanwhile) {
    const GitRepo repo;
    for (int i = 0; i < 300; ++i) { repo.write(core::cat("f", i), "x"); }
    repo.write(".gitignore", "*.log\n");
    repo.commit();
    int asked = 0;
    git::TreeOptions options;
    options.stop = [&] {
        repo.write(core::cat("noise", ++asked, ".log"), "y");
        return false;
    };
    EXPECT_EQ(repo.digest(options), "");
    EXPECT_GT(asked, 0);
}

TEST(TreeEdge, LimitAndStopAreHonoured) {
    const GitRepo repo;
    for (int i = 0; i < 300; ++i) { repo.write(core::cat("f", i), "x"); }
    repo.commit();
    git::TreeOptions options;
    options.limit = std::chrono::milliseconds(0);
    auto state = repo.state(options);
    EXPECT_EQ(state.kind, TreeKind::unknown);
    EXPECT_NE(state.reason.find("limit"), std::string::npos) << state.reason;
    options.limit = std::chrono::minutes(1);
    options.stop = [] { return true; };
    state = repo.state(options);
    EXPECT_EQ(state.kind, TreeKind::unknown);
    EXPECT_NE(state.reason.find("stopped"), std::string::npos) << state.reason;
}

TEST(TreeEdge, TwentyThousandFiles) {
    const GitRepo repo;
    for (int i = 0; i < 20000; ++i) { repo.write(core::cat("d", i % 100, "/e", i % 7, "/f", i), core::cat(i, "\n")); }
    repo.commit();
    EXPECT_EQ(repo.digest(), "");
    repo.write("d42/e0/f42", "changed\n");
    repo.write("d42/new", "new\n");
    EXPECT_NE(repo.digest(), "");
    // Within a limit that is too short it says so, and does not go on for long.
    git::TreeOptions options;
    options.limit = std::chrono::milliseconds(1);
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(repo.state(options).kind, TreeKind::unknown);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::minutes(1));
}

TEST(TreeEdge, ProgramsNamedByTheConfigurationAreNotRun) {
    const GitRepo repo;
    repo.write("a.txt", "one\n");
    repo.write("b.evil", "one\n");
    repo.write(".gitattributes", "*.evil filter=evil diff=evil merge=evil\n");
    repo.commit();
    const std::string proof = repo / ".git/was-run";
    const std::string program = repo / ".git/evil.sh";
    write_file(program, core::cat("#!/bin/sh\ntouch '", proof, "'\ncat\n"));
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    for (const std::string key : {"core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv", "diff.evil.command",
                                  "diff.external", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "credential.helper", "gpg.program"}) {
        repo.git({"config", key, program});
    }
    repo.git({"config", "core.hooksPath", repo / ".git"});
    for (const char* hook : {"post-index-change", "post-checkout", "pre-commit", "fsmonitor-watchman", "query-watchman"}) {
        std::filesystem::copy_file(program, repo / (std::string(".git/") + hook));
        std::filesystem::copy_file(program, repo / (std::string(".git/hooks/") + hook), std::filesystem::copy_options::overwrite_existing);
    }
    std::filesystem::remove(proof);
    repo.write("a.txt", "two\n");
    EXPECT_EQ(repo.state().kind, TreeKind::dirty);
    repo.write("b.evil", "two\n");
    const auto state = repo.state();
    EXPECT_EQ(state.kind, TreeKind::unknown) << "what the filter would make of it can't be told without running it";
    EXPECT_NE(state.reason.find("evil"), std::string::npos) << state.reason;
    EXPECT_FALSE(os::exists(proof));
}

TEST(TreeEdge, LineEndingsThatGitConvertsAreClean) {
    const GitRepo repo;
    repo.write(".gitattributes", "*.txt text eol=crlf\n");
    repo.write("a.txt", "one\ntwo\n");
    repo.commit();
    repo.write("a.txt", "one\r\ntwo\r\n");
    EXPECT_EQ(repo.digest(), "");
    repo.write("a.txt", "one\r\nTWO\r\n");
    EXPECT_NE(repo.digest(), "");
}

TEST(TreeEdge, LargeFilePointersStandForTheirContent) {
    const GitRepo repo;
    const std::string content = "the real bytes\n";
    const std::string pointer = core::cat("version https://git-lfs.github.com/spec/v1\noid sha256:", core::sha256(content).hex(), "\nsize ", content.size(), "\n");
    repo.write("model.bin", pointer);
    repo.commit();
    repo.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    repo.commit();
    EXPECT_EQ(repo.digest(), "") << "not fetched: the pointer itself";
    repo.write("model.bin", content);
    EXPECT_EQ(repo.digest(), "");
    repo.write("model.bin", "other bytes\n");
    EXPECT_NE(repo.digest(), "");
}

TEST(TreeEdge, ModesDoNotCountWhereTheRepositorySaysSo) {
    const GitRepo repo;
    repo.write("a", "1");
    repo.commit();
    repo.git({"config", "core.fileMode", "false"});
    std::filesystem::permissions(repo / "a", std::filesystem::perms::owner_all);
    EXPECT_EQ(repo.digest(), "");
}

TEST(TreeEdge, AnotherWorkTreeInTheConfigurationIsNotFollowed) {
    const GitRepo repo;
    repo.write("a", "1");
    repo.commit();
    const TempDir elsewhere;
    repo.git({"config", "core.worktree", elsewhere.path()});
    EXPECT_EQ(repo.digest(), "");
    write_file(repo / "a", "2");
    EXPECT_NE(repo.digest(), "");
}

TEST(TreeEdge, UnreadableFilesAndFoldersMakeItUnknown) {
    const GitRepo repo;
    std::filesystem::permissions(std::filesystem::path(repo.path()).parent_path(), std::filesystem::perms(0755));
    repo.write("a", "1");
    repo.commit();
    repo.write("b", "1");
    ::chmod((repo / "b").c_str(), 0);
    auto state = [&] {
        const AsNobody nobody;
        return repo.state();
    }();
    EXPECT_EQ(state.kind, TreeKind::unknown);
    EXPECT_NE(state.reason.find("/b"), std::string::npos) << state.reason;
    repo.remove("b");
    repo.write("d/x", "1");
    ::chmod((repo / "d").c_str(), 0);
    state = [&] {
        const AsNobody nobody;
        return repo.state();
    }();
    ::chmod((repo / "d").c_str(), 0700);
    EXPECT_EQ(state.kind, TreeKind::unknown);
    EXPECT_NE(state.reason.find("/d"), std::string::npos) << state.reason;
}

TEST(TreeEdge, PipesAreNothingToGit) {
    const GitRepo repo;
    repo.write("a", "1");
    repo.commit();
    ASSERT_EQ(::mkfifo((repo / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(repo.digest(), "");
    repo.remove("a");
    ASSERT_EQ(::mkfifo((repo / "a").c_str(), 0600), 0);
    EXPECT_NE(repo.digest(), "");
}

TEST(TreeEdge, AnotherOwnersRepositoryIsLookedAtAndSaid) {
    if (::geteuid() != 0) { GTEST_SKIP() << "only root can give files away"; }
    const GitRepo repo;
    repo.write("a", "1");
    repo.commit();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(repo.path())) { ASSERT_EQ(::lchown(entry.path().c_str(), 12345, 12345), 0); }
    ASSERT_EQ(::lchown(repo.path().c_str(), 12345, 12345), 0);
    const auto state = repo.state();
    EXPECT_EQ(state.kind, TreeKind::clean) << state.reason;
    EXPECT_NE(state.note.find("another user"), std::string::npos);
}

TEST(TreeEdge, WhatCannotBeReadIsUnknownWithAReason) {
    const GitRepo repo;
    repo.write("a", "1");
    const std::string head = repo.commit();
    EXPECT_EQ(git::tree_state(repo.where(), std::string(40, '1'), {}).kind, TreeKind::unknown);
    const auto longer = git::tree_state(repo.where(), std::string(64, '1'), {});
    EXPECT_EQ(longer.kind, TreeKind::unknown);
    EXPECT_NE(longer.reason.find("SHA-1"), std::string::npos);
    write_file(repo / ".git/index", "garbage");
    const auto corrupt = git::tree_state(repo.where(), head, {});
    EXPECT_EQ(corrupt.kind, TreeKind::unknown);
    EXPECT_NE(corrupt.reason, "");
}

TEST(TreeEdge, NothingInTheRepositoryIsWritten) {
    const GitRepo repo;
    repo.write("a", "1");
    repo.commit();
    repo.write("a", "2");
    repo.write("b", "3");
    const auto listing = [&] {
        std::string out;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(repo / ".git")) {
            const auto info = os::stat_link(entry.path());
            out += core::cat(entry.path().string(), ' ', info->st_size, ' ', info->st_mtim.tv_sec, '.', info->st_mtim.tv_nsec, '\n');
        }
        std::vector<std::string> lines;
        for (const auto line : core::split(out, '\n')) { lines.emplace_back(line); }
        std::sort(lines.begin(), lines.end());
        return core::join(lines, "\n");
    };
    const std::string before = listing();
    EXPECT_NE(repo.digest(), "");
    EXPECT_EQ(listing(), before);
}

TEST(TreeEdge, SeveralThreadsMayLookAtOnce) {
    const GitRepo repo;
    for (int i = 0; i < 50; ++i) { repo.write(core::cat("f", i), "x"); }
    repo.commit();
    repo.write("f1", "y");
    const std::string expected = repo.digest();
    std::vector<std::thread> threads;
    std::atomic<int> same = 0;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] { same += repo.digest() == expected ? 1 : 0; });
    }
    for (auto& thread : threads) { thread.join(); }
    EXPECT_EQ(same, 4);
}

}  // namespace
}  // namespace runlake::testing
