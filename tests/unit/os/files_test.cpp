// SPDX-License-Identifier: Apache-2.0
// Descriptors, single calls, folders and paths.
#include "os/files.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "os/fault_points.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::os {
namespace {

using core::Errc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Point k_point = point::output_write;

class FilesTest : public ::testing::Test {
  protected:
    void TearDown() override { ASSERT_TRUE(configure_faults("")); }

    void put(const std::string& path, std::string_view text) {
        const core::Status made = publish_file(path, text, 0644, Existing::replace, Durability::process, k_point);
        ASSERT_TRUE(made.ok()) << made.error().message();
    }
    static std::string get(const std::string& path) { return read_file(path).value_or("(unreadable)"); }

    testing::TempDir dir_;
};

static_assert(!std::is_copy_constructible_v<Fd> && std::is_nothrow_move_constructible_v<Fd> && sizeof(Fd) == sizeof(int));

TEST_F(FilesTest, FdClosesOnceAndMoves) {
    int raw = -1;
    {
        Fd first(::open("/dev/null", O_RDONLY));
        raw = first.get();
        Fd second(std::move(first));
        EXPECT_FALSE(first.is_open());  // NOLINT: what a moved-from one is, is promised
        EXPECT_EQ(second.get(), raw);
        Fd third(::open("/dev/null", O_RDONLY));
        const int old = third.get();
        third = std::move(second);
        EXPECT_EQ(third.get(), raw);
        EXPECT_EQ(::fcntl(old, F_GETFD), -1);
    }
    EXPECT_EQ(::fcntl(raw, F_GETFD), -1);
}

TEST_F(FilesTest, CreateAppendRead) {
    const std::string path = dir_ / "a";
    core::Result<Fd> made = create_exclusive(path, 0640, k_point);
    ASSERT_TRUE(made.ok());
    EXPECT_NE(::fcntl(made.value().get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_TRUE(write_all(made.value().get(), "one", k_point, path).ok());
    core::Result<Fd> again = open_append(path, k_point);
    ASSERT_TRUE(again.ok());
    EXPECT_TRUE(write_all(again.value().get(), "two", k_point, path).ok());
    EXPECT_TRUE(write_all(made.value().get(), "three", k_point, path).ok());  // appends: the other's bytes stay
    EXPECT_EQ(get(path), "onetwothree");
    EXPECT_EQ(create_exclusive(path, 0640, k_point).error().code(), Errc::conflict);
    EXPECT_EQ(open_append(dir_ / "none", k_point).error().code(), Errc::not_found);
    EXPECT_EQ(open_read(dir_ / "none").error().code(), Errc::not_found);
    EXPECT_EQ(open_read(path + "/below").error().code(), Errc::not_found);
}

TEST_F(FilesTest, ErrorsNameThePathAndTheReason) {
    const core::Result<Fd> none = open_read(dir_ / "none");
    ASSERT_FALSE(none.ok());
    EXPECT_EQ(none.error().message(), "opening " + dir_.path() + "/none: no such file or directory");
    EXPECT_EQ(system_error(EIO, "writing", "x").message(), "writing x: input/output error");
    EXPECT_EQ(system_error(EIO, "writing", "x").code(), Errc::io);
    EXPECT_THAT(system_error(99999, "writing", "x").message(), HasSubstr("99999"));
}

TEST_F(FilesTest, ReadFileRefusesWhatIsTooLargeOrNoFile) {
    put(dir_ / "a", "12345");
    EXPECT_EQ(read_file(dir_ / "a", 5).value_or("no"), "12345");
    EXPECT_EQ(read_file(dir_ / "a", 4).error().code(), Errc::io);
    EXPECT_EQ(read_file(dir_.path()).error().code(), Errc::io);
    EXPECT_FALSE(read_file("/proc/self/status").value_or("").empty());  // announces no size
    EXPECT_EQ(read_file("/proc/self/status", 10).error().code(), Errc::io);
}

TEST_F(FilesTest, InjectedWriteFailuresAreToldAndAShortWriteLeavesHalf) {
    const std::string path = dir_ / "a";
    const core::Result<Fd> file = create_exclusive(path, 0644, k_point);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(configure_faults("output.write:eio"));
    EXPECT_EQ(write_all(file.value().get(), "12345678", k_point, path).error().code(), Errc::io);
    EXPECT_EQ(get(path), "");
    ASSERT_TRUE(configure_faults("output.write:short"));
    const core::Status written = write_all(file.value().get(), "12345678", k_point, path);
    ASSERT_FALSE(written.ok());
    EXPECT_THAT(written.error().message(), HasSubstr("no space left"));
    EXPECT_EQ(get(path), "1234");
    ASSERT_TRUE(configure_faults("output.write:eio"));
    EXPECT_EQ(sync_file(file.value().get(), k_point, path).error().code(), Errc::io);
    ASSERT_TRUE(configure_faults("output.write:eio"));
    EXPECT_EQ(sync_dir(dir_.path(), k_point).error().code(), Errc::io);
    ASSERT_TRUE(configure_faults("output.write:einval"));
    EXPECT_TRUE(sync_dir(dir_.path(), k_point).ok());  // a file system that cannot sync folders
}

TEST_F(FilesTest, ALimitOfFileSizesIsAnErrorAndEndsNoProcess) {
    const std::string path = dir_ / "a";
    const auto write_too_much = [&] {
        ::signal(SIGXFSZ, SIG_DFL);
        const rlimit limit{4, 4};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const core::Result<Fd> file = create_exclusive(path, 0644, k_point);
        const bool refused = file.ok() && write_all(file.value().get(), "12345678", k_point, path).error().code() == Errc::io;
        sigset_t left;
        ::sigpending(&left);
        sigset_t blocked;
        ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
        ::_exit(refused && ::sigismember(&left, SIGXFSZ) == 0 && ::sigismember(&blocked, SIGXFSZ) == 0 ? 0 : 1);
    };
    EXPECT_EXIT(write_too_much(), ::testing::ExitedWithCode(0), "");
    EXPECT_EQ(get(path), "1234");
}

TEST_F(FilesTest, RenameExclusiveKeepsWhatIsThereWithAndWithoutRenameat2) {
    for (const char* faults : {"", "output.write:einval"}) {
        put(dir_ / "from", "new");
        put(dir_ / "to", "old");
        ASSERT_TRUE(configure_faults(faults));
        EXPECT_EQ(rename_exclusive(dir_ / "from", dir_ / "to", k_point).error().code(), Errc::conflict) << faults;
        EXPECT_EQ(get(dir_ / "to"), "old");
        EXPECT_EQ(get(dir_ / "from"), "new");
        ASSERT_TRUE(configure_faults(""));
        ASSERT_TRUE(remove_file(dir_ / "to", k_point).ok());
        ASSERT_TRUE(configure_faults(faults));
        EXPECT_TRUE(rename_exclusive(dir_ / "from", dir_ / "to", k_point).ok()) << faults;
        EXPECT_EQ(get(dir_ / "to"), "new");
        EXPECT_FALSE(exists(dir_ / "from"));
        ASSERT_TRUE(configure_faults(""));
    }
    EXPECT_EQ(rename_exclusive(dir_ / "none", dir_ / "to2", k_point).error().code(), Errc::not_found);
    // What renameat2 answers for itself is not papered over by the other way.
    put(dir_ / "from", "new");
    ASSERT_TRUE(configure_faults("output.write:eio"));
    EXPECT_EQ(rename_exclusive(dir_ / "from", dir_ / "to3", k_point).error().code(), Errc::io);
    EXPECT_FALSE(exists(dir_ / "to3"));
}

TEST_F(FilesTest, LinkRenameRemove) {
    put(dir_ / "a", "a");
    put(dir_ / "b", "b");
    EXPECT_TRUE(hard_link(dir_ / "a", dir_ / "c", k_point).ok());
    EXPECT_EQ(hard_link(dir_ / "a", dir_ / "b", k_point).error().code(), Errc::conflict);
    EXPECT_TRUE(hard_link(dir_ / "a", dir_ / "c", k_point).ok());  // its own link: a repeated request
    EXPECT_TRUE(rename_replace(dir_ / "a", dir_ / "b", k_point).ok());
    EXPECT_EQ(get(dir_ / "b"), "a");
    EXPECT_TRUE(remove_file(dir_ / "b", k_point).ok());
    EXPECT_TRUE(remove_file(dir_ / "b", k_point).ok());
    EXPECT_TRUE(remove_file(dir_ / "none/b", k_point).ok());
    EXPECT_EQ(remove_file(dir_.path(), k_point).error().code(), Errc::io);
}

TEST_F(FilesTest, FoldersAreMadeAndRemovedWithoutFollowingLinks) {
    EXPECT_TRUE(make_dir(dir_ / "d", 0755, k_point).ok());
    EXPECT_EQ(make_dir(dir_ / "d", 0755, k_point).error().code(), Errc::conflict);
    EXPECT_EQ(make_dir(dir_ / "x/y", 0755, k_point).error().code(), Errc::not_found);
    EXPECT_TRUE(make_dirs(dir_ / "x/y/z", 0755, k_point).ok());
    EXPECT_TRUE(make_dirs(dir_ / "x/y/z", 0755, k_point).ok());
    put(dir_ / "file", "1");
    EXPECT_FALSE(make_dirs(dir_ / "file", 0755, k_point).ok());
    EXPECT_FALSE(make_dirs(dir_ / "file/below", 0755, k_point).ok());
    put(dir_ / "x/y/f", "1");
    put(dir_ / "d/kept", "1");
    ASSERT_EQ(::symlink((dir_ / "d").c_str(), (dir_ / "x/link").c_str()), 0);
    ASSERT_EQ(::symlink((dir_ / "d").c_str(), (dir_ / "top").c_str()), 0);
    EXPECT_TRUE(remove_tree(dir_ / "top", k_point).ok());
    EXPECT_TRUE(remove_tree(dir_ / "x", k_point).ok());
    EXPECT_TRUE(remove_tree(dir_ / "x", k_point).ok());
    EXPECT_FALSE(exists(dir_ / "x"));
    EXPECT_EQ(get(dir_ / "d/kept"), "1");
    EXPECT_TRUE(remove_tree(dir_ / "file", k_point).ok());
    ASSERT_TRUE(configure_faults("output.write:eio:2"));
    EXPECT_EQ(remove_tree(dir_ / "d", k_point).error().code(), Errc::io);
}

// Another may make the folder above between two looks.
TEST_F(FilesTest, FoldersAreMadeByManyAtOnce) {
    constexpr int k_rounds = 2000;
    std::atomic<int> waiting{0};
    std::atomic<int> failed{0};
    const auto make = [&](const std::string& name, int behind) {
        for (int round = 0; round < k_rounds; ++round) {
            ++waiting;
            while (waiting < 2 * (round + 1)) { std::this_thread::yield(); }
            const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(behind * (round % 200));
            while (std::chrono::steady_clock::now() < until) {}
            if (!make_dirs(dir_ / (std::to_string(round) + "/" + name), 0755, k_point).ok()) { ++failed; }
        }
    };
    std::thread other([&] { make("a", 400); });
    make("b", 0);
    other.join();
    EXPECT_EQ(failed, 0);
}

TEST_F(FilesTest, ListsByBytes) {
    for (const char* name : {"b", "a", "B", ".c", "\xc3\xa4"}) { put(dir_ / name, ""); }
    ASSERT_TRUE(make_dir(dir_ / "d", 0755, k_point).ok());
    const core::Result<std::vector<DirEntry>> entries = list_dir(dir_.path());
    ASSERT_TRUE(entries.ok());
    std::vector<std::string> names;
    for (const DirEntry& entry : entries.value()) { names.push_back(entry.name); }
    EXPECT_THAT(names, ElementsAre(".c", "B", "a", "b", "d", "\xc3\xa4"));
    EXPECT_EQ(list_dir(dir_ / "none").error().code(), Errc::not_found);
    EXPECT_EQ(list_dir(dir_ / "a").error().code(), Errc::not_found);
}

TEST(PathsTest, Text) {
    EXPECT_EQ(join_path("/a", "b"), "/a/b");
    EXPECT_EQ(join_path("/a/", "b"), "/a/b");
    EXPECT_EQ(join_path("/a", "/b"), "/b");
    EXPECT_EQ(join_path("", "b"), "b");
    EXPECT_EQ(join_path("a", ""), "a");
    EXPECT_EQ(parent_path("/a/b"), "/a");
    EXPECT_EQ(parent_path("/a//b//"), "/a");
    EXPECT_EQ(parent_path("/a"), "/");
    EXPECT_EQ(parent_path("/"), "/");
    EXPECT_EQ(parent_path("a"), ".");
    EXPECT_EQ(base_name("/a/b"), "b");
    EXPECT_EQ(base_name("/a/b/"), "b");
    EXPECT_EQ(base_name("/"), "/");
    EXPECT_EQ(base_name("b"), "b");
    EXPECT_EQ(lexically_normal("a/../b/./c"), "b/c");
    EXPECT_EQ(lexically_normal(""), ".");
    EXPECT_EQ(lexically_normal("a/.."), ".");
    EXPECT_EQ(lexically_normal("../a/../../b"), "../../b");
    EXPECT_EQ(lexically_normal("/../a//b/"), "/a/b");
    EXPECT_EQ(lexically_normal("/"), "/");
    EXPECT_EQ(relative_inside("/a/b/c", "/a"), "b/c");
    EXPECT_EQ(relative_inside("/a", "/a"), ".");
    EXPECT_EQ(relative_inside("/ab", "/a"), std::nullopt);
    EXPECT_EQ(relative_inside("/a/b", "/"), "a/b");
    EXPECT_EQ(relative_inside("/b", "/a"), std::nullopt);
}

TEST_F(FilesTest, AbsolutePathResolvesLinksAndLetsTheLastPartBeMissing) {
    const std::string real = absolute_path(dir_.path()).value_or("");
    ASSERT_TRUE(make_dir(dir_ / "d", 0755, k_point).ok());
    ASSERT_EQ(::symlink("d", (dir_ / "link").c_str()), 0);
    EXPECT_EQ(absolute_path(dir_ / "link").value_or(""), real + "/d");
    EXPECT_EQ(absolute_path(dir_ / "link/none").value_or(""), real + "/d/none");
    EXPECT_EQ(absolute_path(dir_ / "none/none").error().code(), Errc::not_found);
    EXPECT_EQ(absolute_path("").error().code(), Errc::not_found);
}

TEST_F(FilesTest, KnowsFileSystems) {
    const core::Result<FileSystem> proc = file_system_of("/proc");
    ASSERT_TRUE(proc.ok());
    EXPECT_FALSE(proc.value().kind.empty());
    EXPECT_FALSE(proc.value().network);
    const core::Result<FileSystem> here = file_system_of(dir_.path());
    ASSERT_TRUE(here.ok());
    EXPECT_GT(here.value().free_bytes, 0U);
    EXPECT_EQ(file_system_of(dir_ / "none").error().code(), Errc::not_found);
}

}  // namespace
}  // namespace runlake::os
