// SPDX-License-Identifier: Apache-2.0
// Manifests: written and read again; what is torn, damaged or newer.
#include <gmock/gmock.h>

#include <string>

#include "sync/manifest.hpp"

namespace runlake::sync {
namespace {

using ::testing::HasSubstr;

Manifest example(ManifestKind kind) {
    Manifest manifest{.kind = kind, .writer = "box-0123456789abcdef", .entries = {}};
    manifest.entries.push_back({.path = "a b/\n%\xff", .digest = core::sha256("x"), .bytes = 1, .mtime_ns = -5});
    manifest.entries.push_back({.path = "b", .digest = core::sha256("y"), .bytes = UINT64_MAX, .mtime_ns = INT64_MAX, .planned = true});
    if (kind == ManifestKind::own) {
        for (Entry& entry : manifest.entries) {
            entry.ctime_ns = 1;
            entry.inode = 2;
            entry.device = UINT64_MAX;
            entry.read_at_ns = 4;
        }
    }
    return manifest;
}

TEST(SyncManifest, IsReadAsItWasWritten) {
    for (const ManifestKind kind : {ManifestKind::segment, ManifestKind::own}) {
        const auto read = parse_manifest(write_manifest(example(kind)), "it");
        ASSERT_TRUE(read.ok()) << read.error().message();
        EXPECT_EQ(read.value(), example(kind));
    }
    const auto empty = parse_manifest(write_manifest({}), "it");
    ASSERT_TRUE(empty.ok());
    EXPECT_TRUE(empty.value().entries.empty());
}

TEST(SyncManifest, StaysAsItsPageSaysIt) {
    Manifest manifest{.kind = ManifestKind::segment, .writer = "box-0123456789abcdef", .entries = {}};
    manifest.entries.push_back({.path = "run-1/new\nline", .digest = core::sha256("hi\n"), .bytes = 3, .mtime_ns = 1795361563903891026});
    EXPECT_EQ(write_manifest(manifest),
              "runlake-sync/1 segment box-0123456789abcdef\n"
              "= 98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4 3 1795361563903891026 run-1/new%0aline\n"
              "end 1 51b79186\n");
}

TEST(SyncManifest, CutAnywhereItIsNone) {
    const std::string text = write_manifest(example(ManifestKind::segment));
    for (std::size_t length = 0; length < text.size(); ++length) { EXPECT_FALSE(parse_manifest(text.substr(0, length), "it").ok()) << length; }
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        EXPECT_FALSE(parse_manifest(damaged, "it").ok()) << at;
    }
}

TEST(SyncManifest, ANewerVersionIsLeftAlone) {
    const auto read = parse_manifest("runlake-sync/2 segment x\nend 0 00000000\n", "the manifest x");
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code(), core::Errc::unsupported);
    EXPECT_THAT(read.error().message(), HasSubstr("the manifest x"));
}

TEST(SyncManifest, APathThatLeadsOutIsRefused) {
    Manifest manifest;
    manifest.entries.push_back({.path = "../x", .digest = core::sha256("x"), .bytes = 1, .mtime_ns = 0});
    EXPECT_FALSE(parse_manifest(write_manifest(manifest), "it").ok());
}

}  // namespace
}  // namespace runlake::sync
