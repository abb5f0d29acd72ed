// SPDX-License-Identifier: Apache-2.0
// What makes an input fingerprint differ, what does not, and what can't have one.
#include "fingerprint/input.hpp"

#include <locale.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/support/as_nobody.hpp"
#include "tests/unit/fingerprint/files.hpp"

namespace runlake::testing {
namespace {

using core::Errc;

std::string rows(int count, int changed = -1) {
    std::string text = "id,value\n";
    for (int i = 0; i < count; ++i) { text += core::cat(i, ',', i == changed ? 'x' : 'y', '\n'); }
    return text;
}

TEST(InputFingerprint, SameBytesSameValue) {
    const Files files;
    files.write("a.csv", rows(2000));
    const std::string first = files.fingerprint({"a.csv"});
    EXPECT_TRUE(first.starts_with("input/1:"));
    EXPECT_EQ(first.size(), std::string("input/1:").size() + 64);
    EXPECT_EQ(files.fingerprint({"a.csv"}), first);
    const Files elsewhere;
    elsewhere.write("a.csv", rows(2000));
    EXPECT_EQ(elsewhere.fingerprint({"a.csv"}), first) << "another folder, another inode, another time";
}

TEST(InputFingerprint, OneByteAtRow1001Differs) {
    const Files files;
    files.write("a.csv", rows(2000));
    const std::string before = files.fingerprint({"a.csv"});
    files.write("a.csv", rows(2000, 1001));
    EXPECT_NE(files.fingerprint({"a.csv"}), before);
}

TEST(InputFingerprint, OrderAndDoubletsOfInputsDoNotMatter) {
    const Files files;
    files.write("a", "1");
    files.write("b", "2");
    files.write("d/x", "3");
    const std::string value = files.fingerprint({"a", "b", "d"});
    EXPECT_EQ(files.fingerprint({"d", "b", "a"}), value);
    EXPECT_EQ(files.fingerprint({"a", "b", "a", "./d/", "d", files / "b"}), value);
    EXPECT_NE(files.fingerprint({"a", "b"}), value);
}

TEST(InputFingerprint, TheOrderOfRowsIsContent) {
    const Files files;
    files.write("a.csv", "id\n1\n2\n");
    const std::string before = files.fingerprint({"a.csv"});
    files.write("a.csv", "id\n2\n1\n");
    EXPECT_NE(files.fingerprint({"a.csv"}), before) << "a program that reads in order sees a difference";
    files.write("a.csv", "name\n1\n2\n");
    EXPECT_NE(files.fingerprint({"a.csv"}), before) << "a column was renamed";
}

TEST(InputFingerprint, NamesBelong) {
    const Files files;
    files.write("train.csv", "1");
    files.write("test.csv", "2");
    const std::string before = files.fingerprint({"train.csv", "test.csv"});
    files.write("train.csv", "2");
    files.write("test.csv", "1");
    EXPECT_NE(files.fingerprint({"train.csv", "test.csv"}), before) << "swapped";
    files.write("d/a", "1");
    const std::string folder = files.fingerprint({"d"});
    std::filesystem::rename(files / "d/a", files / "d/b");
    EXPECT_NE(files.fingerprint({"d"}), folder) << "renamed";
}

TEST(InputFingerprint, PartsDoNotRunIntoEachOther) {
    const Files files;
    files.write("one/a", "ab");
    files.write("one/b", "c");
    files.write("two/a", "a");
    files.write("two/b", "bc");
    EXPECT_NE(files.content("one"), files.content("two"));
    files.write("three/ab", "c");
    files.write("four/a", "bc");
    EXPECT_NE(files.content("three"), files.content("four"));
}

TEST(InputFingerprint, EmptyIsNotAbsent) {
    const Files files;
    files.write("empty", "");
    files.folder("folder");
    auto absent = files.report({"nothing"});
    ASSERT_FALSE(absent.ok());
    EXPECT_EQ(absent.error().code(), Errc::not_found);
    EXPECT_NE(absent.error().message().find("nothing"), std::string::npos);
    const std::string none = files.fingerprint({"folder"});
    EXPECT_NE(files.fingerprint({"empty"}), none);
    files.write("folder/empty", "");
    EXPECT_NE(files.fingerprint({"folder"}), none);
    files.remove("folder/empty");
    files.folder("folder/inner");
    EXPECT_NE(files.fingerprint({"folder"}), none) << "an empty folder inside";
    auto nothing = files.report({});
    ASSERT_FALSE(nothing.ok());
    EXPECT_EQ(nothing.error().code(), Errc::usage);
    EXPECT_EQ(files.report({""}).error().code(), Errc::usage);
}

TEST(InputFingerprint, AFileAndAFolderWithItDiffer) {
    const Files files;
    files.write("data.csv", "1\n");
    files.write("data/data.csv", "1\n");
    EXPECT_NE(files.content("data.csv"), files.content("data"));
    files.write("x/data", "1\n");
    const Files other;
    other.write("x/data/data", "1\n");
    EXPECT_NE(files.fingerprint({"x/data"}), other.fingerprint({"x/data"})) << "the same name, once a file, once a folder";
}

TEST(InputFingerprint, ModesAndTimesDoNotMatter) {
    const Files files;
    files.write("d/a", "1");
    const std::string before = files.fingerprint({"d"});
    ::chmod((files / "d/a").c_str(), 0755);
    std::filesystem::last_write_time(files / "d/a", std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
    EXPECT_EQ(files.fingerprint({"d"}), before);
}

TEST(InputFingerprint, ReportsEachInput) {
    const Files files;
    files.write("a", "12345");
    files.write("d/b", "123");
    files.write("d/c", "12");
    auto report = files.report({"d", "a", "d/*"});
    ASSERT_TRUE(report.ok());
    ASSERT_EQ(report.value().inputs.size(), 3U);
    EXPECT_EQ(report.value().inputs[0].path, "d");
    EXPECT_EQ(report.value().inputs[0].bytes, 5U);
    EXPECT_TRUE(report.value().inputs[0].fingerprint->starts_with("dir/1:"));
    EXPECT_EQ(report.value().inputs[1].bytes, 5U);
    EXPECT_TRUE(report.value().inputs[1].fingerprint->starts_with("file/1:"));
    EXPECT_EQ(report.value().inputs[2].path, "d/*");
    EXPECT_TRUE(report.value().inputs[2].fingerprint->starts_with("glob/1:"));
    EXPECT_EQ(report.value().files, 3U) << "each file is read once";
    EXPECT_EQ(report.value().bytes, 10U);
}

TEST(InputFingerprint, AGlobIsItsMatches) {
    const Files files;
    files.write("d/a.csv", "1");
    files.write("d/b.csv", "2");
    files.write("d/c.txt", "3");
    files.write("d/.hidden.csv", "4");
    files.write("d/deep/er/e.csv", "5");
    EXPECT_EQ(files.fingerprint({"d/*.csv"}), files.fingerprint({"d/a.csv", "d/b.csv"}));
    EXPECT_EQ(files.fingerprint({"d/[ab].csv"}), files.fingerprint({"d/?.csv"}));
    EXPECT_EQ(files.fingerprint({"**/*.csv"}), files.fingerprint({"d/a.csv", "d/b.csv", "d/deep/er/e.csv"}));
    EXPECT_EQ(files.fingerprint({"d/**"}), files.fingerprint({"d/a.csv", "d/b.csv", "d/c.txt", "d/deep/er/e.csv"}));
    EXPECT_EQ(files.fingerprint({"*/.h*"}), files.fingerprint({"d/.hidden.csv"}));
    EXPECT_EQ(files.fingerprint({files / "d/*.csv"}), files.fingerprint({"d/*.csv"}));
    EXPECT_EQ(files.fingerprint({"d/de*"}), files.fingerprint({"d/deep"}));
    const std::string before = files.content("d/*.csv");
    files.write("d/z.csv", "9");
    EXPECT_NE(files.content("d/*.csv"), before);
    auto none = files.report({"d/*.parquet"});
    ASSERT_FALSE(none.ok());
    EXPECT_EQ(none.error().code(), Errc::not_found);
}

TEST(InputFingerprint, ANameThatLooksLikeAGlobIsANameWhenItExists) {
    const Files files;
    files.write("a[1].csv", "1");
    files.write("a1.csv", "2");
    EXPECT_TRUE(files.content("a[1].csv").starts_with("file/1:"));
    files.remove("a[1].csv");
    EXPECT_TRUE(files.content("a[1].csv").starts_with("glob/1:"));
}

TEST(InputFingerprint, NamesAreRelativeToTheProject) {
    const Files one;
    const Files two;
    for (const Files* files : {&one, &two}) {
        files->write("data/a", "1");
        files->folder("work");
    }
    auto options = one.options();
    options.working_dir = one / "work";
    auto below = fingerprint::input_fingerprint({"../data/a"}, options);
    ASSERT_TRUE(below.ok());
    EXPECT_EQ(below.value().fingerprint, two.fingerprint({"data/a"}));
    auto outside = fingerprint::input_fingerprint({two / "data/a"}, one.options());
    ASSERT_TRUE(outside.ok());
    EXPECT_NE(outside.value().fingerprint, two.fingerprint({"data/a"})) << "outside of the project, the name is the whole path";
    EXPECT_EQ(outside.value().inputs[0].fingerprint, two.content("data/a")) << "its content has no name";
}

TEST(InputFingerprint, SpecialFilesAreRefused) {
    const Files files;
    ASSERT_EQ(::mkfifo((files / "pipe").c_str(), 0600), 0);
    files.folder("d");
    ASSERT_EQ(::mkfifo((files / "d/pipe").c_str(), 0600), 0);
    for (const std::string input : {"pipe", "d", "/dev/null", "/dev/zero"}) {
        auto report = files.report({input});
        ASSERT_FALSE(report.ok()) << input;
        EXPECT_EQ(report.error().code(), Errc::unsupported) << report.error().message();
    }
    EXPECT_NE(files.report({"d"}).error().message().find("d/pipe"), std::string::npos) << "the message names the file";
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address {};
    address.sun_family = AF_UNIX;
    const std::string path = files / "s";
    ASSERT_LT(path.size(), sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    ASSERT_EQ(::bind(socket, reinterpret_cast<struct sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(files.report({"s"}).error().code(), Errc::unsupported);
    ::close(socket);
}

TEST(InputFingerprint, UnreadableFilesAndFoldersAreErrors) {
    const Files files;
    ::chmod(files.path().c_str(), 0755);
    files.write("d/a", "1");
    files.write("d/b", "1");
    ::chmod((files / "d/b").c_str(), 0);
    {
        const AsNobody nobody;
        auto report = files.report({"d"});
        ASSERT_FALSE(report.ok());
        EXPECT_EQ(report.error().code(), Errc::io);
        EXPECT_NE(report.error().message().find("d/b"), std::string::npos) << report.error().message();
    }
    ::chmod((files / "d").c_str(), 0);
    {
        const AsNobody nobody;
        EXPECT_EQ(files.report({"d"}).error().code(), Errc::io);
        EXPECT_EQ(files.report({"d/*"}).error().code(), Errc::io) << "a glob must not take what it can't list for nothing";
    }
    ::chmod((files / "d").c_str(), 0755);
}

TEST(InputFingerprint, FilesThatSayTheyAreEmptyAreRefused) {
    const Files files;
    auto report = files.report({"/proc/self/status"});
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code(), Errc::unsupported);
}

TEST(InputFingerprint, OwnAndGitFoldersInsideDoNotCount) {
    const Files files;
    files.write("a", "1");
    const std::string before = files.fingerprint({"."});
    files.write(".runlake/journal/x", "1");
    files.write(".runs/y", "1");
    files.write(".git/index", "1");
    EXPECT_EQ(files.fingerprint({"."}), before);
    EXPECT_NE(files.content(".git"), "") << "unless it is named itself";
}

TEST(InputFingerprint, ThreadsLocaleAndZoneDoNotMatter) {
    const Files files;
    for (int i = 0; i < 300; ++i) { files.write(core::cat("d/", i % 7, "/f", i), std::string(static_cast<std::size_t>(i) * 37, static_cast<char>('a' + i % 26))); }
    files.write("d/big", std::string(13U << 20U, 'b') + "end");
    auto options = files.options();
    options.threads = 1;
    auto alone = fingerprint::input_fingerprint({"d"}, options);
    ASSERT_TRUE(alone.ok());
    ::setlocale(LC_ALL, "C.UTF-8");
    ::setenv("TZ", "Asia/Kathmandu", 1);
    for (const int threads : {2, 3, 16, 64}) {
        options.threads = threads;
        auto several = fingerprint::input_fingerprint({"d"}, options);
        ASSERT_TRUE(several.ok());
        EXPECT_EQ(several.value().fingerprint, alone.value().fingerprint) << threads;
    }
    ::setlocale(LC_ALL, "C");
    ::unsetenv("TZ");
}

TEST(InputFingerprint, StopEndsIt) {
    const Files files;
    for (int i = 0; i < 600; ++i) { files.write(core::cat("d/f", i), "x"); }
    auto options = files.options();
    std::atomic<int> asked = 0;
    options.stop = [&] { return ++asked > 3; };
    auto report = fingerprint::input_fingerprint({"d"}, options);
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code(), Errc::interrupted);
}

TEST(InputFingerprint, SeveralAtOnceWithOneCache) {
    const Files files;
    for (int i = 0; i < 50; ++i) { files.write(core::cat("d/f", i), core::cat(i)); }
    const std::string expected = files.fingerprint({"d"});
    auto options = files.options();
    options.cache_dir = files / "cache/digests";
    std::atomic<int> same = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&] {
            auto report = fingerprint::input_fingerprint({"d"}, options);
            same += report.ok() && report.value().fingerprint == expected ? 1 : 0;
        });
    }
    for (std::thread& thread : threads) { thread.join(); }
    EXPECT_EQ(same, 6);
}

}  // namespace
}  // namespace runlake::testing
