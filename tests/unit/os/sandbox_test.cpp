// SPDX-License-Identifier: Apache-2.0
// What a confined program can do, what it can't, and which denied paths are told.
#include "os/sandbox.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "os/child.hpp"
#include "os/files.hpp"
#include "os/sandbox_witness.hpp"
#include "tests/support/as_nobody.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::os {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A project with a run directory of its own and another one, as a pipeline has them.
class SandboxTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (sandbox_support() == SandboxSupport::none) { GTEST_SKIP() << "this kernel has no Landlock"; }
        for (const char* name : {"runs/mine/in", "runs/other", "project/data", "out", "tmp"}) { std::filesystem::create_directories(dir_ / name); }
        for (const char* name : {"runs/mine/in/a.csv", "runs/mine/undeclared.csv", "runs/other/a.csv", "project/data/x.csv", "beside.txt"}) { put(name, "content\n"); }
        std::filesystem::permissions(dir_.path(), std::filesystem::perms::all);
        rules_.writable = {dir_ / "out", dir_ / "tmp"};
        rules_.closed = {dir_ / "runs"};
        rules_.readable = {dir_ / "runs/mine/in/a.csv"};
    }
    void put(const std::string& name, const std::string& text) {
        ASSERT_TRUE(publish_file(dir_ / name, text, 0644, Existing::replace, Durability::process, point::export_write).ok());
    }

    // The exit status of a script in the sandbox; its denials are kept.
    int run(const std::string& script) { return run_argv({"/bin/sh", "-c", script}); }
    int run_argv(const std::vector<std::string>& argv) {
        auto sandbox = Sandbox::prepare(rules_);
        EXPECT_TRUE(sandbox.ok()) << sandbox.error().message();
        if (!sandbox.ok()) { return -1; }
        ChildOptions options;
        options.argv = argv;
        options.working_dir = dir_.path();
        options.sandbox = sandbox.value().get();
        const Fd quiet(::open("/dev/null", O_RDWR | O_CLOEXEC));
        options.stdout_fd = options.stderr_fd = quiet.get();
        auto child = HeldChild::fork(options);
        EXPECT_TRUE(child.ok());
        const int error = child.value().go();
        int status = 0;
        ::waitpid(child.value().pid(), &status, 0);
        denials_ = sandbox.value()->denials();
        told_ = sandbox.value()->tells_names();
        return error != 0 ? 1000 + error : WEXITSTATUS(status);
    }
    void expect_denied(const std::string& script, const std::string& name, bool write) {
        EXPECT_NE(run(script), 0) << script;
        if (sandbox_support() == SandboxSupport::landlock_and_names) {
            EXPECT_THAT(denials_, Contains(Denial{dir_ / name, write})) << script;
        }
    }

    testing::TempDir dir_;
    SandboxRules rules_;
    std::vector<Denial> denials_;
    bool told_ = false;
};

TEST_F(SandboxTest, ReadsEverythingButClosedFolders) {
    EXPECT_EQ(run("cat project/data/x.csv beside.txt runs/mine/in/a.csv /etc/passwd > /dev/null && ls runs runs/other > /dev/null"), 0);
    EXPECT_THAT(denials_, IsEmpty());
    expect_denied("cat runs/other/a.csv", "runs/other/a.csv", false);
    expect_denied("cat runs/mine/undeclared.csv", "runs/mine/undeclared.csv", false);
    expect_denied("cd runs/other && cat ../mine/./undeclared.csv", "runs/mine/undeclared.csv", false);
}

TEST_F(SandboxTest, FollowsLinksToWhatTheyStandFor) {
    std::filesystem::create_symlink(dir_ / "runs/other", dir_ / "project/way");
    std::filesystem::create_symlink("in/a.csv", dir_ / "runs/mine/view.csv");
    EXPECT_EQ(run("cat runs/mine/view.csv > /dev/null"), 0);
    expect_denied("cat project/way/a.csv", "runs/other/a.csv", false);
    std::filesystem::create_symlink(dir_ / "runs/other/a.csv", dir_ / "project/file");
    expect_denied("cat project/file", "runs/other/a.csv", false);
}

TEST_F(SandboxTest, WritesOnlyWhereItMay) {
    EXPECT_EQ(run("echo 1 > out/a && mkdir out/b && mv out/a out/b/a && mv out/b/a tmp/a && ln tmp/a out/c && ln -s c out/d && rm tmp/a && rmdir out/b && chmod 700 out/c"), 0);
    EXPECT_THAT(denials_, IsEmpty());
    EXPECT_TRUE(exists(dir_ / "out/c"));
    expect_denied("echo 1 > project/new", "project/new", true);
    expect_denied("echo 1 >> project/data/x.csv", "project/data/x.csv", true);
    expect_denied("echo 1 > runs/mine/in/a.csv", "runs/mine/in/a.csv", true);
    expect_denied("mkdir project/folder", "project/folder", true);
    expect_denied("rm beside.txt", "beside.txt", true);
    expect_denied("mv beside.txt out/stolen", "beside.txt", true);
    expect_denied("echo 1 > out/f; mv out/f project/f", "project/f", true);
    expect_denied("rmdir tmp", "tmp", true);
    expect_denied("ln -s x project/link", "project/link", true);
    expect_denied("truncate -s 0 project/data/x.csv", "project/data/x.csv", true);
    EXPECT_EQ(read_file(dir_ / "project/data/x.csv").value_or(""), "content\n");
    EXPECT_FALSE(exists(dir_ / "out/stolen"));
    EXPECT_FALSE(exists(dir_ / "project/f"));
}

TEST_F(SandboxTest, AFileMayBeWritableByItself) {
    rules_.writable.push_back(dir_ / "beside.txt");
    EXPECT_EQ(run("echo 1 > beside.txt"), 0);
    EXPECT_NE(run("rm beside.txt"), 0);
}

TEST_F(SandboxTest, DevicesAndSharedMemoryWork) {
    EXPECT_EQ(run("echo 1 > /dev/null && head -c 4 /dev/urandom > /dev/null && echo x > /dev/full; test $? = 1"), 0);
    EXPECT_EQ(run("echo 1 > /dev/stdout && cat < /dev/stdin > /dev/null"), 0);
    if (is_dir("/dev/shm")) { EXPECT_EQ(run("f=/dev/shm/runlake-$$ && echo 1 > $f && cat $f && rm $f"), 0); }
    EXPECT_THAT(denials_, IsEmpty());
}

TEST_F(SandboxTest, ProcessesOfTheProgramAreConfinedToo) {
    expect_denied("sh -c 'sh -c \"cat runs/other/a.csv\" & wait $!'", "runs/other/a.csv", false);
    expect_denied("( cd project; sh -c 'echo 1 > new' )", "project/new", true);
}

TEST_F(SandboxTest, StrictReadsNothingElse) {
    rules_.strict = true;
    rules_.closed.clear();
    rules_.readable = {dir_ / "runs/mine/in/a.csv"};
    for (const char* root : {"/usr", "/bin", "/lib", "/lib64", "/etc"}) {
        if (exists(root)) { rules_.readable.emplace_back(root); }
    }
    EXPECT_EQ(run("cat runs/mine/in/a.csv > /dev/null && echo 1 > out/a && cat out/a"), 0);
    expect_denied("cat project/data/x.csv", "project/data/x.csv", false);
    expect_denied("ls project", "project", false);
    put("tool", "#!/bin/sh\nexit 0\n");
    std::filesystem::permissions(dir_ / "tool", std::filesystem::perms::all);
    EXPECT_EQ(run_argv({dir_ / "tool"}), 1000 + EACCES);
    if (told_) { EXPECT_THAT(denials_, Contains(Denial{dir_ / "tool", false})); }
    rules_.readable.push_back(dir_ / "tool");
    EXPECT_EQ(run_argv({dir_ / "tool"}), 0);
}

TEST_F(SandboxTest, StrictMayListWhatItMayNotRead) {
    rules_.strict = true;
    rules_.listable = {dir_ / "project"};
    for (const char* root : {"/usr", "/bin", "/lib", "/lib64", "/etc"}) {
        if (exists(root)) { rules_.readable.emplace_back(root); }
    }
    EXPECT_EQ(run("ls project project/data > /dev/null"), 0);
    EXPECT_THAT(denials_, IsEmpty());
    expect_denied("cat project/data/x.csv", "project/data/x.csv", false);
    expect_denied("ls runs", "runs", false);
}

TEST_F(SandboxTest, WhatFailsByItselfIsNoDenial) {
    EXPECT_NE(run("cat runs/none.csv project/none.csv; rm project/none; rmdir none; cat > none/none"), 0);
    EXPECT_THAT(denials_, IsEmpty());
}

TEST_F(SandboxTest, DenialsAreToldOnceInTheirOrder) {
    EXPECT_EQ(run("for i in 1 2 3; do cat runs/other/a.csv; echo 1 > project/new; done; true"), 0);
    if (told_) { EXPECT_THAT(denials_, ElementsAre(Denial{dir_ / "runs/other/a.csv", false}, Denial{dir_ / "project/new", true})); }
}

TEST_F(SandboxTest, NeedsNoPrivileges) {
    std::filesystem::permissions(dir_ / "out", std::filesystem::perms::all);
    const testing::AsNobody nobody;
    EXPECT_EQ(run("echo 1 > out/a && cat project/data/x.csv > /dev/null"), 0);
    EXPECT_NE(run("cat runs/other/a.csv"), 0);
}

TEST_F(SandboxTest, AMissingPathIsAnErrorBeforeAnythingRuns) {
    rules_.writable.push_back(dir_ / "none");
    const auto sandbox = Sandbox::prepare(rules_);
    ASSERT_FALSE(sandbox.ok());
    EXPECT_EQ(sandbox.error().code(), core::Errc::not_found);
    EXPECT_THAT(sandbox.error().message(), ::testing::HasSubstr("none"));
}

TEST_F(SandboxTest, ManyAtOnceDoNotMixTheirDenials) {
    std::vector<std::thread> threads;
    std::vector<std::vector<Denial>> denials(4);
    std::vector<int> statuses(4, -1);
    for (std::size_t i = 0; i < denials.size(); ++i) {
        threads.emplace_back([&, i] {
            auto sandbox = Sandbox::prepare(rules_);
            ChildOptions options;
            options.argv = {"/bin/sh", "-c", "echo 1 > project/new" + std::to_string(i) + " 2>/dev/null; exit 7"};
            options.working_dir = dir_.path();
            options.sandbox = sandbox.value().get();
            const Fd quiet(::open("/dev/null", O_RDWR | O_CLOEXEC));
            options.stderr_fd = quiet.get();
            auto child = HeldChild::fork(options);
            child.value().go();
            int status = 0;
            ::waitpid(child.value().pid(), &status, 0);
            statuses[i] = WEXITSTATUS(status);
            denials[i] = sandbox.value()->denials();
        });
    }
    for (std::thread& thread : threads) { thread.join(); }
    for (std::size_t i = 0; i < denials.size(); ++i) {
        EXPECT_NE(statuses[i], 0);
        if (sandbox_support() == SandboxSupport::landlock_and_names) { EXPECT_THAT(denials[i], ElementsAre(Denial{dir_ / ("project/new" + std::to_string(i)), true})); }
    }
}

TEST_F(SandboxTest, APreparedSandboxThatIsNotUsedGoesQuietly) {
    const auto sandbox = Sandbox::prepare(rules_);
    ASSERT_TRUE(sandbox.ok());
    EXPECT_FALSE(sandbox.value()->tells_names());
}

TEST(SandboxRulesTest, AFolderIsNotItsNeighbour) {
    EXPECT_TRUE(is_below("/a/b", "/a/b"));
    EXPECT_TRUE(is_below("/a/b/c", "/a/b"));
    EXPECT_FALSE(is_below("/a/bc", "/a/b"));
    EXPECT_TRUE(is_below("/a", "/"));
}

}  // namespace
}  // namespace runlake::os
