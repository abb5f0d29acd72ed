// SPDX-License-Identifier: Apache-2.0
// The cache only spares readings: whatever is done to it or behind its back, the fingerprint is that of the bytes.
#include "fingerprint/digest_cache.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "tests/unit/fingerprint/files.hpp"

namespace runlake::testing {
namespace {

using fingerprint::CachedDigest;
using fingerprint::DigestCache;

class CachedFiles : public ::testing::Test {
  protected:
    fingerprint::InputReport run(const std::vector<std::string>& inputs = {"d"}) {
        auto options = files.options();
        options.cache_dir = files / "cache/digests";
        auto report = fingerprint::input_fingerprint(inputs, options);
        EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().message());
        if (!report.ok()) { return {}; }
        EXPECT_EQ(report.value().fingerprint, files.fingerprint(inputs)) << "with and without the cache";
        return report.value();
    }
    // Makes files older than anything the cache could doubt.
    void age() const { let_files_age(); }
    void damage(const std::function<void(std::string&)>& how) const {
        for (const auto& entry : std::filesystem::directory_iterator(files / "cache/digests")) {
            std::string text = os::read_file(entry.path()).value_or("");
            how(text);
            std::ofstream(entry.path(), std::ios::binary | std::ios::trunc) << text;
        }
    }
    Files files;
};

TEST_F(CachedFiles, UnchangedFilesAreNotReadAgain) {
    for (int i = 0; i < 100; ++i) { files.write(core::cat("d/f", i), core::cat("text ", i)); }
    age();
    const auto first = run();
    EXPECT_GT(first.bytes, 0U);
    EXPECT_EQ(first.read_bytes, first.bytes);
    EXPECT_EQ(run().read_bytes, 0U);
    files.write("d/f7", "changed");
    age();
    EXPECT_EQ(run().read_bytes, 7U);
    EXPECT_EQ(run().read_bytes, 0U);
    std::filesystem::rename(files / "d/f8", files / "d/renamed");
    run();
}

TEST_F(CachedFiles, TimesPutBackAreSeen) {
    files.write("d/f", "aaaa");
    age();
    run();
    const auto before = std::filesystem::last_write_time(files / "d/f");
    files.write("d/f", "bbbb");
    std::filesystem::last_write_time(files / "d/f", before);
    EXPECT_EQ(run().read_bytes, 4U);
}

TEST_F(CachedFiles, EditsInTheSameTickAreSeen) {
    for (int i = 0; i < 60; ++i) {
        files.write("d/f", core::cat("a", 100 + i));
        run();
        files.write("d/f", core::cat("b", 100 + i));  // the same length, the same inode, at once
        run();
    }
}

TEST_F(CachedFiles, FilesFromTheFutureAreReadEachTime) {
    files.write("d/f", "aaaa");
    std::filesystem::last_write_time(files / "d/f", std::filesystem::file_time_type::clock::now() + std::chrono::hours(24));
    run();
    EXPECT_EQ(run().read_bytes, 4U);
}

TEST_F(CachedFiles, ADamagedCacheIsNoCache) {
    for (int i = 0; i < 50; ++i) { files.write(core::cat("d/f", i), core::cat(i)); }
    age();
    std::mt19937 random(7);
    const std::vector<std::function<void(std::string&)>> ways = {
        [](std::string& text) { text.clear(); },
        [](std::string& text) { text.resize(text.size() / 2); },
        [](std::string& text) { text += 'x'; },
        [&](std::string& text) { text[random() % text.size()] ^= 0x10; },
        [](std::string& text) { text = "runlake digests 2\n"; },
        [](std::string& text) { text.assign(100000, 'x'); },
    };
    for (std::size_t i = 0; i < ways.size(); ++i) {
        run();
        EXPECT_EQ(run().read_bytes, 0U);
        damage(ways[i]);
        const auto after = run();
        EXPECT_EQ(after.read_bytes, after.bytes) << "way " << i;
    }
}

TEST_F(CachedFiles, AFolderOrAnUnwritablePlaceInsteadOfTheCacheIsNoProblem) {
    files.write("d/f", "1");
    age();
    for (const char c : std::string("0123456789abcdef")) { files.folder(std::string("cache/digests/") + c); }
    run();
    EXPECT_EQ(run().read_bytes, 1U);
    files.remove("cache");
    files.write("cache", "a file where the folder should be");
    EXPECT_EQ(run().read_bytes, 1U);
}

TEST_F(CachedFiles, AForgedEntryForAnotherStateIsNotTaken) {
    files.write("d/f", "1234");
    age();
    run();
    // Every entry says another digest, for files of another size, time or inode: none may be believed.
    damage([](std::string& text) {
        auto entries = fingerprint::read_shard(text).value_or({});
        ASSERT_LE(entries.size(), 1U);
        for (CachedDigest& entry : entries) {
            entry.digest.fill(7);
            entry.size += 1;
        }
        text = fingerprint::write_shard(entries);
    });
    EXPECT_EQ(run().read_bytes, 4U);
    damage([](std::string& text) {
        auto entries = fingerprint::read_shard(text).value_or({});
        for (CachedDigest& entry : entries) {
            entry.digest.fill(7);
            entry.read_at_ns = std::max(entry.mtime_ns, entry.ctime_ns);  // read in the tick in which it was written
        }
        text = fingerprint::write_shard(entries);
    });
    EXPECT_EQ(run().read_bytes, 4U);
}

TEST_F(CachedFiles, ProcessesAtOnceHarmNothing) {
    for (int i = 0; i < 200; ++i) { files.write(core::cat("d/f", i), core::cat("text ", i)); }
    age();
    const std::string expected = files.fingerprint({"d"});
    std::vector<pid_t> children;
    for (int child = 0; child < 8; ++child) {
        const pid_t pid = ::fork();
        ASSERT_GE(pid, 0);
        if (pid == 0) {
            bool right = true;
            for (int round = 0; round < 10; ++round) {
                auto options = files.options();
                options.threads = 1;
                options.cache_dir = files / "cache/digests";
                if (round % 3 == 0) { std::filesystem::remove(files / core::cat("cache/digests/", child)); }
                auto report = fingerprint::input_fingerprint({"d"}, options);
                right = right && report.ok() && report.value().fingerprint == expected;
            }
            ::_exit(right ? 0 : 1);
        }
        children.push_back(pid);
    }
    for (const pid_t pid : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(pid, &status, 0), pid);
        EXPECT_EQ(status, 0);
    }
    for (const auto& entry : std::filesystem::directory_iterator(files / "cache/digests")) {
        EXPECT_EQ(entry.path().filename().string().size(), 1U) << "no temporary file is left: " << entry.path();
    }
    run();
    EXPECT_EQ(run().read_bytes, 0U);
}

TEST_F(CachedFiles, FaultsWhileWritingCostOnlyTheReading) {
    files.write("d/f", "1234");
    age();
    for (const char* action : {"enospc", "eio", "erofs", "short"}) {
        const pid_t pid = ::fork();
        ASSERT_GE(pid, 0);
        if (pid == 0) {
            ::setenv("RUNLAKE_FAULT", core::cat("digest_cache.write:", action, ":1,digest_cache.write:", action, ":2,digest_cache.write:", action, ":3").c_str(), 1);
            auto options = files.options();
            options.cache_dir = files / "cache/digests";
            const bool right = fingerprint::input_fingerprint({"d"}, options).ok();
            ::_exit(right ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(pid, &status, 0), pid);
        EXPECT_EQ(status, 0) << action;
        EXPECT_EQ(run().bytes, 4U);
        files.remove("cache");
    }
}

TEST(DigestCache, IsBoundedAndKeepsWhatIsUsed) {
    const Files files;
    files.write("place", "");
    const std::string dir = files / "digests";
    const core::Digest digest = core::sha256("x");
    const auto stamp = [&](std::uint64_t inode) {
        os::Stamp made = files.stamp("place");
        made.inode = inode;
        made.mtime_ns = made.ctime_ns = 1000;
        return made;
    };
    constexpr std::uint64_t k_many = DigestCache::k_shards * DigestCache::k_entries_a_shard + 50000;
    DigestCache cache(dir);
    for (std::uint64_t i = 0; i < k_many; ++i) { cache.add(files / "place", stamp(i), 2000, digest); }
    cache.save();
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(dir)) { bytes += entry.file_size(); }
    EXPECT_LE(bytes, DigestCache::k_shards * (DigestCache::k_entries_a_shard * 88 + 64));
    EXPECT_GT(bytes, DigestCache::k_shards * DigestCache::k_entries_a_shard * 40);
    DigestCache again(dir);
    std::uint64_t found = 0;
    for (std::uint64_t i = 0; i < k_many; ++i) { found += again.find(stamp(i)) ? 1 : 0; }
    EXPECT_GT(found, k_many / 2);
}

TEST(DigestCache, ShardsReadBackAsWritten) {
    std::vector<CachedDigest> entries;
    for (std::uint64_t i = 0; i < 5; ++i) {
        CachedDigest entry;
        entry.space = i / 2;
        entry.inode = i;
        entry.size = UINT64_MAX - i;
        entry.mtime_ns = -static_cast<std::int64_t>(i);
        entry.ctime_ns = INT64_MIN;
        entry.read_at_ns = INT64_MAX;
        entry.used_at_s = 5;
        entry.digest.fill(static_cast<std::uint8_t>(i));
        entries.push_back(entry);
    }
    const std::string text = fingerprint::write_shard(entries);
    auto read = fingerprint::read_shard(text);
    ASSERT_TRUE(read.ok());
    ASSERT_EQ(read.value().size(), entries.size());
    EXPECT_EQ(fingerprint::write_shard(read.value()), text);
    EXPECT_EQ(read.value()[3].mtime_ns, -3);
    std::swap(entries[0], entries[4]);
    EXPECT_FALSE(fingerprint::read_shard(fingerprint::write_shard(entries)).ok()) << "not sorted: the search would miss";
    for (std::size_t cut = 0; cut < text.size(); ++cut) { ASSERT_FALSE(fingerprint::read_shard(std::string_view(text).substr(0, cut)).ok()) << cut; }
}

}  // namespace
}  // namespace runlake::testing
