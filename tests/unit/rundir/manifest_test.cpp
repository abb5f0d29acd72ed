// SPDX-License-Identifier: Apache-2.0
// Manifests: of trees, as text, compared.
#include "rundir/manifest.hpp"

#include <gmock/gmock.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fingerprint/file_hash.hpp"
#include "tests/unit/rundir/support.hpp"

namespace runlake::rundir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RunDirTest;
using testing::write_file;

class ManifestTest : public RunDirTest {
  protected:
    void SetUp() override {
        write_file(tree_ + "/a/x.csv", "1,2\n");
        write_file(tree_ + "/a.b", "");
        write_file(tree_ + "/bin/tool", "#!/bin/sh\n", 0755);
        write_file(tree_ + "/z/deep/er/y", "y");
    }
    Manifest build() const {
        auto manifest = build_manifest(tree_, {});
        EXPECT_TRUE(manifest.ok()) << manifest.error().message();
        return std::move(manifest).value_or({});
    }
    std::vector<std::string> differences(bool full = true, const std::optional<std::string>& cache = std::nullopt) const {
        std::vector<std::string> lines;
        for (const Difference& difference : verify_tree(tree_, manifest_, cache, full).value_or({})) {
            lines.push_back(core::cat(difference.kind == DifferenceKind::missing ? "- " : difference.kind == DifferenceKind::added ? "+ " : "~ ", difference.path));
        }
        return lines;
    }

    std::string tree_ = dir_ / "tree";
    Manifest manifest_;
};

TEST_F(ManifestTest, FilesByPath) {
    const Manifest manifest = build();
    std::vector<std::string> paths;
    for (const ManifestEntry& entry : manifest.entries) { paths.push_back(entry.path); }
    EXPECT_THAT(paths, ElementsAre("a.b", "a/x.csv", "bin/tool", "z/deep/er/y"));
    EXPECT_EQ(manifest.find("a/x.csv")->digest, fingerprint::hash_as_file("1,2\n"));
    EXPECT_EQ(manifest.find("a/x.csv")->bytes, 4U);
    EXPECT_FALSE(manifest.find("a/x.csv")->executable);
    EXPECT_TRUE(manifest.find("bin/tool")->executable);
    EXPECT_EQ(manifest.find("a"), nullptr);
    EXPECT_EQ(manifest.bytes(), 4U + 10U + 1U);
}

TEST_F(ManifestTest, TimesAndWriteBitsDoNotMatter) {
    const core::Digest before = build().digest();
    const timespec old[2] = {{1, 0}, {1, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (tree_ + "/a/x.csv").c_str(), old, 0), 0);
    ASSERT_EQ(::chmod((tree_ + "/a/x.csv").c_str(), 0400), 0);
    ASSERT_EQ(::chmod((tree_ + "/a").c_str(), 0500), 0);
    EXPECT_EQ(build().digest(), before);
}

TEST_F(ManifestTest, EveryChangeChangesTheDigest) {
    const Manifest before = build();
    Manifest other = before;
    other.entries[1].bytes = 5;
    EXPECT_NE(other.digest(), before.digest());
    other = before;
    other.entries[1].path = "a/y.csv";
    EXPECT_NE(other.digest(), before.digest());
    other = before;
    other.entries[1].digest = core::sha256("else");
    EXPECT_NE(other.digest(), before.digest());
    other = before;
    other.entries[1].executable = true;
    EXPECT_NE(other.digest(), before.digest());
    other = before;
    other.entries.pop_back();
    EXPECT_NE(other.digest(), before.digest());
}

TEST_F(ManifestTest, TextAndBack) {
    const Manifest manifest = build();
    const std::string text = to_json(manifest);
    EXPECT_THAT(text, HasSubstr("\n{\"path\":\"a/x.csv\",\"bytes\":4,"));
    const auto read = parse_manifest(text, "manifest.json");
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(read.value().entries, manifest.entries);
    const auto none = parse_manifest(to_json(Manifest()), "manifest.json");
    ASSERT_TRUE(none.ok()) << none.error().message();
    EXPECT_TRUE(none.value().entries.empty());
}

TEST_F(ManifestTest, DamagedTextIsRefused) {
    const std::string text = to_json(build());
    const auto with = [&](std::string_view from, std::string_view to) {
        std::string other = text;
        const std::size_t at = other.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return other.replace(at, from.size(), to);
    };
    for (const std::string& other : {std::string(), std::string("[]"), std::string("{}"), text.substr(0, text.size() / 2), with("\"version\":1", "\"version\":0"),
                                     with("a/x.csv", "a/y.csv"), with("\"bytes\":4", "\"bytes\":3"), with("\"bytes\":4", "\"bytes\":-4"), with("a/x.csv", "../x.csv"),
                                     with("a/x.csv", "/x.csv"), with("a/x.csv", "z"), with("manifest/1", "manifest/0"), with("file/1", "md5"), with(",\"executable\":true", "")}) {
        const auto read = parse_manifest(other, "manifest.json");
        ASSERT_FALSE(read.ok()) << other;
        EXPECT_EQ(read.error().code(), core::Errc::corrupt) << other;
    }
    const auto newer = parse_manifest(with("\"version\":1", "\"version\":2"), "manifest.json");
    ASSERT_FALSE(newer.ok());
    EXPECT_EQ(newer.error().code(), core::Errc::unsupported);
}

TEST_F(ManifestTest, ResultsAreFiles) {
    ASSERT_EQ(::symlink("x.csv", (tree_ + "/a/link").c_str()), 0);
    ASSERT_EQ(::mkfifo((tree_ + "/pipe").c_str(), 0644), 0);
    write_file(tree_ + "/bad\nname", "");
    const auto manifest = build_manifest(tree_, {});
    ASSERT_FALSE(manifest.ok());
    EXPECT_EQ(manifest.error().code(), core::Errc::usage);
    EXPECT_THAT(manifest.error().message(), HasSubstr("a/link"));
    EXPECT_THAT(manifest.error().message(), HasSubstr("pipe"));
    EXPECT_THAT(manifest.error().message(), HasSubstr("bad"));
}

TEST_F(ManifestTest, VerifyTellsEachDifference) {
    manifest_ = build();
    EXPECT_THAT(differences(), ElementsAre());
    ASSERT_EQ(::unlink((tree_ + "/a.b").c_str()), 0);
    write_file(tree_ + "/a/x.csv", "1,3\n");
    write_file(tree_ + "/new", "n");
    ASSERT_EQ(::unlink((tree_ + "/z/deep/er/y").c_str()), 0);
    ASSERT_EQ(::symlink("/etc/passwd", (tree_ + "/z/deep/er/y").c_str()), 0);
    ASSERT_EQ(::symlink("/etc/passwd", (tree_ + "/more").c_str()), 0);
    ASSERT_EQ(::chmod((tree_ + "/bin/tool").c_str(), 0644), 0);
    EXPECT_THAT(differences(), ElementsAre("- a.b", "~ a/x.csv", "~ bin/tool", "+ more", "+ new", "~ z/deep/er/y"));
}

TEST_F(ManifestTest, WithoutTheFolderEverythingIsMissing) {
    manifest_ = build();
    ASSERT_TRUE(os::remove_tree(tree_, os::point::export_write).ok());
    EXPECT_THAT(differences(), ElementsAre("- a.b", "- a/x.csv", "- bin/tool", "- z/deep/er/y"));
}

// A byte is changed and size and times put back: only reading everything can see it, and does.
TEST_F(ManifestTest, FullReadsEveryByte) {
    const std::string path = tree_ + "/a/x.csv";
    const timespec old[2] = {{1'000'000, 0}, {1'000'000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), old, 0), 0);
    manifest_ = build();
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_EQ(::pwrite(fd, "9", 1, 0), 1);
    ::close(fd);
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), old, 0), 0);
    EXPECT_THAT(differences(true), ElementsAre("~ a/x.csv"));
}

TEST_F(ManifestTest, SyncFailuresAreTold) {
    for (const char* fault : {"stage.sync:eio", "stage.sync:eio:3", "stage.sync:eio:7"}) {
        ASSERT_TRUE(os::configure_faults(fault));
        const auto manifest = build_manifest(tree_, {.sync = true, .digest_cache = std::nullopt});
        ASSERT_FALSE(manifest.ok()) << fault;
        EXPECT_EQ(manifest.error().code(), core::Errc::io);
    }
}

TEST(ManifestCompare, SeenFromTheFirst) {
    const auto entry = [](const char* path, const char* text) { return ManifestEntry{path, 1, core::sha256(text), false}; };
    const Manifest before{{entry("a", "1"), entry("b", "1"), entry("c", "1")}};
    const Manifest after{{entry("b", "2"), entry("c", "1"), entry("d", "1")}};
    const auto differences = compare(before, after);
    ASSERT_EQ(differences.size(), 3U);
    EXPECT_EQ(differences[0].kind, DifferenceKind::missing);
    EXPECT_EQ(differences[0].path, "a");
    EXPECT_EQ(differences[1].kind, DifferenceKind::changed);
    EXPECT_EQ(differences[2].kind, DifferenceKind::added);
    EXPECT_TRUE(compare(after, after).empty());
}

}  // namespace
}  // namespace runlake::rundir
