// SPDX-License-Identifier: Apache-2.0
// Finding the project root and its store, git worktrees, and making stores at once.
#include "record/store.hpp"

#include <thread>

#include "os/child.hpp"
#include "tests/support/as_nobody.hpp"
#include "tests/unit/record/support.hpp"

namespace runlake::record {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using testing::EnvVar;
using testing::slurp;
using testing::spit;
using testing::TempDir;

// The working directory for as long as this lives.
class InDir {
  public:
    explicit InDir(const std::string& dir) : before_(fs::current_path()) { fs::current_path(dir); }
    InDir(const InDir&) = delete;
    InDir& operator=(const InDir&) = delete;
    ~InDir() { fs::current_path(before_); }

  private:
    fs::path before_;
};

struct StoreTest : ::testing::Test {
    TempDir temp;
    std::string top = fs::canonical(temp.path());
    EnvVar no_store{"RUNLAKE_STORE", std::nullopt};
    EnvVar home{"HOME", top + "/home"};
};

TEST_F(StoreTest, TheNearestStoreWinsOverGitAndGitOverNothing) {
    fs::create_directories(top + "/p/.git");
    fs::create_directories(top + "/p/a/.runlake");
    fs::create_directories(top + "/p/a/b/.git");
    fs::create_directories(top + "/p/a/b/c");
    EXPECT_EQ(find_project_root(top + "/p/a/b/c"), top + "/p/a");
    EXPECT_EQ(find_project_root(top + "/p"), top + "/p");
    fs::create_directories(top + "/q/r");
    EXPECT_EQ(find_project_root(top + "/q/r"), std::nullopt);
}

TEST_F(StoreTest, TheHomeFolderIsNeverAProject) {
    fs::create_directories(top + "/home/.runlake");
    fs::create_directories(top + "/home/.git");
    fs::create_directories(top + "/home/work");
    EXPECT_EQ(find_project_root(top + "/home/work"), std::nullopt);
    fs::create_symlink(top + "/home", top + "/alias");
    home.set(top + "/alias");
    EXPECT_EQ(find_project_root(top + "/home/work"), std::nullopt);
    const InDir here(top + "/home");
    const auto store = open_store(std::nullopt, OpenStore::create);
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.error().code(), Errc::usage);
}

TEST_F(StoreTest, WorktreesShareTheMainStore) {
    const auto git = [](std::vector<std::string> words) {
        words.insert(words.begin(), {"git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"});
        const auto ran = os::run_program(words, 20000);
        return ran.ok() && ran.value().status == 0;
    };
    const std::string main = top + "/main";
    fs::create_directories(main + "/sub/.runlake");
    spit(main + "/.runlake/config.yaml", "tenant: acme\n");
    spit(main + "/sub/.runlake/config.yaml", "tenant: sub\n");
    if (!git({"init", "-q", main})) { GTEST_SKIP() << "no git program"; }
    ASSERT_TRUE(git({"-C", main, "add", "-f", "."}));
    ASSERT_TRUE(git({"-C", main, "commit", "-q", "-m", "x"}));
    ASSERT_TRUE(git({"-C", main, "worktree", "add", "-q", top + "/linked"}));
    // The checkout has a committed .runlake of its own, and is led to the main one all the same.
    ASSERT_TRUE(fs::is_directory(top + "/linked/.runlake"));
    EXPECT_EQ(find_project_root(top + "/linked"), main);
    EXPECT_EQ(find_project_root(top + "/linked/sub"), main + "/sub");
    // Relative links, as git writes them on demand.
    const std::string link = slurp(top + "/linked/.git");
    spit(top + "/linked/.git", "gitdir: ../main/.git/worktrees/linked\n");
    EXPECT_EQ(find_project_root(top + "/linked"), main) << link;
    // A submodule's .git is a file too, but its own project.
    spit(top + "/main/module/.git", "gitdir: ../.git/modules/module\n");
    fs::create_directories(top + "/main/.git/modules/module");
    fs::create_directories(top + "/main/module/.runlake");
    EXPECT_EQ(find_project_root(top + "/main/module"), main + "/module");
}

TEST_F(StoreTest, AWorktreeOfABareRepositoryIsItsOwnProject) {
    fs::create_directories(top + "/repo.git/worktrees/w");
    spit(top + "/repo.git/worktrees/w/commondir", "../..\n");
    spit(top + "/repo.git/config", "[core]\n\tbare = true\n");
    spit(top + "/w/.git", "gitdir: " + top + "/repo.git/worktrees/w\n");
    EXPECT_EQ(find_project_root(top + "/w"), top + "/w");
    spit(top + "/repo.git/config", "[core]\n\tworktree = ../wt\n[other]\n\tworktree = x\n");
    fs::create_directories(top + "/wt");
    EXPECT_EQ(find_project_root(top + "/w"), top + "/wt");
    spit(top + "/w/.git", "nonsense");
    EXPECT_EQ(find_project_root(top + "/w"), top + "/w");
}

TEST_F(StoreTest, MadeInTheCurrentFolderWithTheIgnoreFileInside) {
    fs::create_directories(top + "/plain");
    const InDir here(top + "/plain");
    const auto none = open_store(std::nullopt, OpenStore::existing);
    ASSERT_FALSE(none.ok());
    EXPECT_EQ(none.error().code(), Errc::not_found);
    EXPECT_NE(none.error().message().find(top + "/plain"), std::string::npos);

    const auto made = open_store(std::nullopt, OpenStore::create);
    ASSERT_TRUE(made.ok());
    EXPECT_TRUE(made.value().created_now);
    EXPECT_EQ(made.value().root, top + "/plain");
    EXPECT_EQ(made.value().dir, top + "/plain/.runlake");
    const std::string ignore = slurp(made.value().dir + "/.gitignore");
    EXPECT_NE(ignore.find("\n*\n"), std::string::npos);
    EXPECT_NE(ignore.find("\n!ledger/\n"), std::string::npos);

    const auto again = open_store(std::nullopt, OpenStore::create);
    ASSERT_TRUE(again.ok());
    EXPECT_FALSE(again.value().created_now);
    EXPECT_TRUE(open_store(std::nullopt, OpenStore::existing).ok());
}

TEST_F(StoreTest, AKilledMakersIgnoreFileIsWrittenByTheNextOne) {
    fs::create_directories(top + "/plain/.runlake");
    const InDir here(top + "/plain");
    ASSERT_TRUE(open_store(std::nullopt, OpenStore::create).ok());
    EXPECT_TRUE(fs::exists(top + "/plain/.runlake/.gitignore"));
    // One that the user changed stays.
    spit(top + "/plain/.runlake/.gitignore", "mine");
    ASSERT_TRUE(open_store(std::nullopt, OpenStore::create).ok());
    EXPECT_EQ(slurp(top + "/plain/.runlake/.gitignore"), "mine");
}

TEST_F(StoreTest, NamedByOptionOrVariable) {
    fs::create_directories(top + "/here");
    const InDir here(top + "/here");
    no_store.set(top + "/named");
    const auto by_variable = open_store(std::nullopt, OpenStore::create);
    ASSERT_TRUE(by_variable.ok());
    EXPECT_EQ(by_variable.value().dir, top + "/named");
    EXPECT_EQ(by_variable.value().root, "");
    const auto by_option = open_store("deep/er/.runlake", OpenStore::create);
    ASSERT_TRUE(by_option.ok());
    EXPECT_EQ(by_option.value().dir, top + "/here/deep/er/.runlake");
    EXPECT_EQ(by_option.value().root, top + "/here/deep/er");
    no_store.set("");
    EXPECT_FALSE(open_store(std::nullopt, OpenStore::existing).ok());
    const auto missing = open_store(top + "/no", OpenStore::existing);
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code(), Errc::not_found);
    EXPECT_EQ(open_store("", OpenStore::create).error().code(), Errc::usage);
}

TEST_F(StoreTest, AFolderOfOtherFilesIsNotTakenForAStore) {
    spit(top + "/project/main.py", "pass\n");
    const auto store = open_store(top + "/project", OpenStore::create);
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.error().code(), Errc::conflict);
    EXPECT_FALSE(fs::exists(top + "/project/.gitignore"));
    EXPECT_FALSE(open_store(top + "/project/main.py", OpenStore::create).ok());
}

TEST_F(StoreTest, SeveralMakeItAtOnce) {
    for (int round = 0; round < 20; ++round) {
        const std::string dir = top + "/r" + std::to_string(round) + "/.runlake";
        std::atomic<int> made{0};
        std::atomic<int> good{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                const auto store = open_store(dir, OpenStore::create);
                if (store.ok()) {
                    ++good;
                    if (store.value().created_now) { ++made; }
                }
            });
        }
        for (auto& thread : threads) { thread.join(); }
        EXPECT_EQ(good, 8);
        EXPECT_EQ(made, 1);
        EXPECT_TRUE(fs::exists(dir + "/.gitignore"));
    }
}

TEST_F(StoreTest, AStoreThatCantBeMadeIsNamedAllTheSame) {
    if (::geteuid() != 0) { GTEST_SKIP() << "needs root, to become another user"; }
    fs::create_directories(top + "/locked");
    fs::permissions(top, static_cast<fs::perms>(0755));
    const runlake::testing::AsNobody nobody;
    const auto store = open_store(top + "/locked/.runlake", OpenStore::create);
    ASSERT_TRUE(store.ok());
    EXPECT_EQ(store.value().dir, top + "/locked/.runlake");
    ASSERT_TRUE(store.value().problem);
    EXPECT_EQ(store.value().problem->code(), Errc::io);
    EXPECT_NE(store.value().problem->message().find("ermission denied"), std::string::npos);
    EXPECT_FALSE(open_store(top + "/locked/.runlake", OpenStore::existing).ok());
}

TEST_F(StoreTest, TheDatabaseOfAStoreOnANetworkIsKeptByTheMachine) {
    EXPECT_EQ(runs_database_path("/p/.runlake", false, "/c"), "/p/.runlake/runs.duckdb");
    const auto cached = runs_database_path("/p/.runlake", true, "/c");
    EXPECT_TRUE(cached.starts_with("/c/runs/")) << cached;
    EXPECT_TRUE(cached.ends_with("/runs.duckdb")) << cached;
    EXPECT_NE(cached, runs_database_path("/q/.runlake", true, "/c"));
    EXPECT_EQ(runs_database_path("/p/.runlake", true, std::nullopt), "/p/.runlake/runs.duckdb");
}

}  // namespace
}  // namespace runlake::record
