// SPDX-License-Identifier: Apache-2.0
// The chunk tree, holes, and files that change while they are read.
#include "fingerprint/file_hash.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <functional>

#include "tests/unit/fingerprint/files.hpp"

namespace runlake::testing {
namespace {

using core::Errc;
using fingerprint::FileToHash;
using fingerprint::hash_files;
using fingerprint::k_leaf_bytes;

// The recipe as docs/formats/fingerprints.md says it, without any of the code under test.
core::Digest reference(std::string_view bytes) {
    std::string leaves;
    for (std::size_t at = 0; at < bytes.size(); at += k_leaf_bytes) {
        const auto digest = core::sha256("L" + std::string(bytes.substr(at, k_leaf_bytes))).bytes();
        leaves.append(reinterpret_cast<const char*>(digest.data()), digest.size());
    }
    const auto u64 = [](std::uint64_t number) {
        std::string out;
        for (int i = 0; i < 8; ++i) { out += static_cast<char>(number >> (8 * i) & 0xff); }
        return out;
    };
    const auto field = [&](std::string_view name, std::string_view value) { return core::cat('S', u64(name.size()), name, u64(value.size()), value); };
    return core::sha256(core::cat('R', u64(6), "file/1", field("size", std::to_string(bytes.size())), field("leaves", leaves)));
}

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 12345;
    for (char& c : text) {
        state = state * 1664525U + 1013904223U;
        c = static_cast<char>(state >> 24U);
    }
    return text;
}

core::Result<core::Digest> hash_one(const Files& files, const std::string& name, int threads = 4) {
    auto hashed = hash_files({FileToHash{.path = files / name, .stamp = files.stamp(name)}}, threads, {});
    if (!hashed.ok()) { return std::move(hashed).take_error(); }
    return hashed.value().front().digest;
}

TEST(FileHash, FollowsTheRecipeAtEveryEdge) {
    const Files files;
    constexpr std::size_t leaf = k_leaf_bytes;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65535}, std::size_t{65537}, (std::size_t{1} << 20U) + 1, leaf - 1, leaf, leaf + 1,
                                   2 * leaf, 3 * leaf + 12345}) {
        const std::string text = pattern(size);
        files.write("f", text);
        for (const int threads : {1, 4}) {
            auto digest = hash_one(files, "f", threads);
            ASSERT_TRUE(digest.ok()) << digest.error().message();
            EXPECT_EQ(digest.value(), reference(text)) << size << " bytes, " << threads << " threads";
        }
        EXPECT_EQ(fingerprint::hash_as_file(text), reference(text)) << size;
    }
}

TEST(FileHash, APublishedVector) {
    // So that no change of the code above and of the reference at once goes unseen.
    EXPECT_EQ(fingerprint::hash_as_file("").hex(), "68bd8dfc8d439ec2a3cf43beb1be82feeefbe94fd890483d67309de48f3204cd");
    EXPECT_EQ(fingerprint::hash_as_file("abc").hex(), "d7aa0604b3044451438f4bd247b2686ab41df4eb95a31a185bd6a2de38ba70a3");
}

TEST(FileHash, ManyFilesInTheirOrder) {
    const Files files;
    std::vector<FileToHash> list;
    for (int i = 0; i < 700; ++i) {
        files.write(core::cat("f", i), pattern(static_cast<std::size_t>((i * 7919) % 20000)));
        list.push_back(FileToHash{.path = files / core::cat("f", i), .stamp = files.stamp(core::cat("f", i))});
    }
    auto hashed = hash_files(list, 8, {});
    ASSERT_TRUE(hashed.ok());
    for (int i = 0; i < 700; ++i) { ASSERT_EQ(hashed.value()[static_cast<std::size_t>(i)].digest, reference(pattern(static_cast<std::size_t>((i * 7919) % 20000)))) << i; }
}

TEST(FileHash, HolesAreZerosThatNeedNotBeRead) {
    const Files files;
    {
        const int fd = ::open((files / "small").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        ASSERT_EQ(::ftruncate(fd, static_cast<off_t>(3 * k_leaf_bytes + 5)), 0);
        ASSERT_EQ(::pwrite(fd, "x", 1, static_cast<off_t>(k_leaf_bytes + 7)), 1);
        ::close(fd);
    }
    std::string text(3 * k_leaf_bytes + 5, '\0');
    text[k_leaf_bytes + 7] = 'x';
    auto digest = hash_one(files, "small");
    ASSERT_TRUE(digest.ok());
    EXPECT_EQ(digest.value(), reference(text));

    // 200 GiB would take minutes if it was read.
    const int fd = ::open((files / "huge").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (::ftruncate(fd, off_t{200} << 30) != 0) {
        ::close(fd);
        GTEST_SKIP() << "the file system takes no file of this length";
    }
    ASSERT_EQ(::pwrite(fd, "end", 3, (off_t{200} << 30) - 3), 3);
    ::close(fd);
    auto huge = hash_one(files, "huge");
    ASSERT_TRUE(huge.ok());
    EXPECT_NE(huge.value(), digest.value());
}

TEST(FileHash, AFileThatChangesIsReportedNeverHashed) {
    const Files files;
    const std::string text = pattern(3 * k_leaf_bytes);
    struct Case {
        const char* what;
        std::function<void()> change;
    };
    const std::vector<Case> cases = {
        {"same length", [&] { files.write("f", std::string(text.size(), 'z')); }},
        {"grown", [&] { std::ofstream(files / "f", std::ios::app) << "more"; }},
        {"cut", [&] { std::filesystem::resize_file(files / "f", k_leaf_bytes); }},
        {"replaced", [&] { files.write("g", text); std::filesystem::rename(files / "g", files / "f"); }},
        {"removed", [&] { files.remove("f"); }},
        {"put back", [&] {
             const auto before = std::filesystem::last_write_time(files / "f");
             files.write("f", std::string(text.size(), 'z'));
             std::filesystem::last_write_time(files / "f", before);
         }},
    };
    for (const Case& each : cases) {
        for (int moment = 0; moment < 3; ++moment) {  // before the first leaf, and between leaves
            files.write("f", text);
            const std::vector<FileToHash> list = {FileToHash{.path = files / "f", .stamp = files.stamp("f")}};
            int asked = 0;
            auto hashed = hash_files(list, 1, [&] {
                if (asked++ == moment) { each.change(); }
                return false;
            });
            ASSERT_FALSE(hashed.ok()) << each.what << " at moment " << moment;
            EXPECT_TRUE(hashed.error().code() == Errc::busy || hashed.error().code() == Errc::not_found) << hashed.error().message();
            EXPECT_NE(hashed.error().message().find("/f"), std::string::npos);
        }
    }
}

TEST(FileHash, LinksThatComeAndGoAreNoChangeWhereThatIsSaid) {
    const Files files;
    files.write("f", "text");
    FileToHash file{.path = files / "f", .stamp = files.stamp("f")};
    file.stamp.ctime_ns -= 1;   // as if a link to it had been made since
    EXPECT_EQ(hash_files({file}, 1, {}).error().code(), Errc::busy);
    file.links_may_change = true;
    const auto hashed = hash_files({file}, 1, {});
    ASSERT_TRUE(hashed.ok()) << hashed.error().message();
    EXPECT_EQ(hashed.value().front().digest, reference("text"));
    file.stamp.mtime_ns -= 1;
    EXPECT_EQ(hash_files({file}, 1, {}).error().code(), Errc::busy);
}

TEST(FileHash, TheErrorOfTheFirstFileIsGiven) {
    const Files files;
    std::vector<FileToHash> list;
    for (int i = 0; i < 300; ++i) {
        files.write(core::cat("f", i), "x");
        list.push_back(FileToHash{.path = files / core::cat("f", i), .stamp = files.stamp(core::cat("f", i))});
    }
    files.remove("f7");
    auto hashed = hash_files(list, 4, {});
    ASSERT_FALSE(hashed.ok());
    EXPECT_EQ(hashed.error().code(), Errc::not_found);
    EXPECT_NE(hashed.error().message().find("/f7"), std::string::npos);
}

TEST(FileHash, NothingIsNothing) {
    auto hashed = hash_files({}, 4, {});
    ASSERT_TRUE(hashed.ok());
    EXPECT_TRUE(hashed.value().empty());
}

}  // namespace
}  // namespace runlake::testing
