// SPDX-License-Identifier: Apache-2.0
// The patch behind a dirty digest: `git apply` on the commit gives the same tree, and what is missing from it is said.
#include <random>

#include "core/redact.hpp"
#include "tests/unit/git/git_repo.hpp"

namespace runlake::testing {
namespace {

// Applies the patch of `repo` to a fresh clone and gives the digest there.
std::string digest_after_apply(const GitRepo& repo) {
    const auto state = repo.state();
    EXPECT_EQ(state.kind, git::TreeKind::dirty) << state.reason;
    const GitRepo clone(repo, {});
    clone.git({"checkout", "-q", repo.head()});
    const TempDir dir;
    write_file(dir / "patch", state.patch);
    clone.git({"apply", dir / "patch"});
    return clone.digest();
}

TEST(Patch, AppliesToTheSameTree) {
    const GitRepo repo;
    std::string lines;
    for (int i = 0; i < 200; ++i) { lines += core::cat("line ", i, "\n"); }
    repo.write("long.txt", lines);
    repo.write("no_newline", "a\nb");
    repo.write("gains_newline", "a\nb");
    repo.write("loses_newline", "a\nb\n");
    repo.write("emptied", "text\n");
    repo.write("filled", "");
    repo.write("deleted", "gone\n");
    repo.write("deleted_empty", "");
    repo.write("renamed", "same\n");
    repo.write("mode", "same\n");
    repo.write("mode_and_text", "same\n");
    repo.write("crlf", "a\r\nb\r\n");
    repo.write("becomes_link", "text\n");
    std::filesystem::create_symlink("long.txt", repo / "link");
    std::filesystem::create_symlink("long.txt", repo / "becomes_file");
    repo.write("with space", "1\n");
    repo.write("dir/tab\there", "1\n");
    repo.write("caf\xc3\xa9 \"q\" \\", "1\n");
    repo.commit();

    lines.replace(lines.find("line 7\n"), 7, "LINE 7\nand more\n");
    lines.replace(lines.find("line 150\n"), 9, "");
    repo.write("long.txt", lines + "tail without newline");
    repo.write("no_newline", "a\nc");
    repo.write("gains_newline", "a\nb\n");
    repo.write("loses_newline", "a\nb");
    repo.write("emptied", "");
    repo.write("filled", "text");
    repo.remove("deleted");
    repo.remove("deleted_empty");
    std::filesystem::rename(repo / "renamed", repo / "renamed to");
    std::filesystem::permissions(repo / "mode", std::filesystem::perms::owner_all);
    repo.write("mode_and_text", "other\n");
    std::filesystem::permissions(repo / "mode_and_text", std::filesystem::perms::owner_all);
    repo.write("crlf", "a\r\nc\r\n");
    repo.remove("becomes_link");
    std::filesystem::create_symlink("nowhere", repo / "becomes_link");
    repo.remove("link");
    std::filesystem::create_symlink("other", repo / "link");
    repo.remove("becomes_file");
    repo.write("becomes_file", "long.txt");
    repo.write("with space", "2\n");
    repo.write("dir/tab\there", "2\n");
    repo.write("caf\xc3\xa9 \"q\" \\", "2\n");
    repo.write("new/deep/file", "x\ny\n");
    repo.write("new/empty", "");
    repo.write("new/exec", "#!/bin/sh\n");
    std::filesystem::permissions(repo / "new/exec", std::filesystem::perms::owner_all);
    std::filesystem::create_symlink("deep/file", repo / "new/link");
    repo.write("new/-dash", "diff --git a/x b/x\n--- a/x\n+++ b/x\n");

    const auto state = repo.state();
    EXPECT_EQ(state.patch.find("# left out"), std::string::npos) << state.patch;
    EXPECT_EQ(state.patch.find("# redacted"), std::string::npos) << state.patch;
    EXPECT_EQ(digest_after_apply(repo), repo.digest());
}

TEST(Patch, RandomEditsApplyToTheSameTree) {
    const std::uint32_t seed = std::random_device{}();
    SCOPED_TRACE(core::cat("seed ", seed));
    std::mt19937 random(seed);
    const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<std::uint32_t>(below)); };
    const auto text = [&] {
        std::string out;
        for (int i = pick(30); i > 0; --i) { out += core::cat("w", pick(4), pick(8) == 0 ? "" : "\n"); }
        return out;
    };
    const GitRepo repo;
    for (int i = 0; i < 12; ++i) { repo.write(core::cat("d", i % 3, "/f", i), text()); }
    repo.commit();
    for (int round = 0; round < 8; ++round) {
        for (int i = 0; i < 16; ++i) {
            const std::string name = core::cat("d", i % 3, "/f", i);
            switch (pick(5)) {
                case 0: repo.remove(name); break;
                case 1: repo.write(name, text()); break;
                case 2:
                    if (os::exists(repo / name)) {
                        repo.write(name, slurp(repo / name) + text());
                        ::chmod((repo / name).c_str(), pick(2) == 0 ? 0755 : 0644);
                    }
                    break;
                default: break;
            }
        }
        if (repo.digest().empty()) { continue; }
        ASSERT_EQ(digest_after_apply(repo), repo.digest()) << "round " << round;
    }
}

TEST(Patch, SaysWhatItLeavesOut) {
    const GitRepo repo;
    repo.write("a", "1\n");
    repo.write("tracked.bin", std::string("\0\1", 2));
    repo.commit();
    const std::string bytes("bin\0ary", 7);
    repo.write("b \"x\".bin", bytes);
    repo.write("large.txt", std::string(300U << 10U, 'x'));
    repo.remove("tracked.bin");
    repo.write("kept.txt", "kept\n");
    const auto state = repo.state();
    EXPECT_NE(state.patch.find(core::cat("# left out: \"b \\\"x\\\".bin\" 7 bytes, sha256 ", core::sha256(bytes).hex(), ": not text\n")), std::string::npos) << state.patch;
    EXPECT_NE(state.patch.find(core::cat("# left out: \"large.txt\" ", 300 << 10, " bytes, sha256 ")), std::string::npos);
    EXPECT_NE(state.patch.find("# left out: \"tracked.bin\" deleted: not text\n"), std::string::npos);
    EXPECT_NE(state.patch.find("+kept\n"), std::string::npos);
    EXPECT_TRUE(state.patch.starts_with("# runlake patch 1\n# commit: " + repo.head() + "\n# digest: " + state.digest->hex() + "\n"));
    const std::string before = state.digest->hex();
    repo.write("large.txt", std::string((300U << 10U) - 1, 'x') + "y");
    EXPECT_NE(repo.digest(), before) << "left out of the patch, never of the digest";
}

TEST(Patch, TheWholeIsBounded) {
    const GitRepo repo;
    repo.write("a", "1\n");
    repo.commit();
    for (int i = 0; i < 10; ++i) { repo.write(core::cat("n", i), std::string(1000, 'x')); }
    git::TreeOptions options;
    options.patch_bytes = 5000;
    const auto state = repo.state(options);
    EXPECT_NE(state.patch.find("the patch is full"), std::string::npos);
    EXPECT_EQ(state.digest->hex(), repo.digest());
}

TEST(Patch, SecretsStayOutAndItStillApplies) {
    const GitRepo repo;
    std::string lines;
    for (int i = 0; i < 60; ++i) { lines += core::cat("line ", i, "\n"); }
    repo.write("settings.ini", lines);
    repo.commit();
    const std::string key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn\n-----END RSA PRIVATE KEY-----\n";
    ASSERT_EQ(core::redact_text(key).find("MIIEpAIBAAKCAQEA"), std::string::npos);
    lines.replace(lines.find("line 5\n"), 7, "password=hunter2secret\n" + key);
    lines.replace(lines.find("line 50\n"), 8, "LINE 50\n");
    repo.write("settings.ini", lines);
    repo.write("untracked.env", "API_KEY=abcdef0123456789\nplain=1\n");
    const auto state = repo.state();
    EXPECT_EQ(state.patch.find("hunter2secret"), std::string::npos);
    EXPECT_EQ(state.patch.find("MIIEpAIBAAKCAQEA"), std::string::npos);
    EXPECT_EQ(state.patch.find("abcdef0123456789"), std::string::npos);
    EXPECT_NE(state.patch.find("# redacted: \"settings.ini\"\n"), std::string::npos) << state.patch;
    EXPECT_NE(state.patch.find("# redacted: \"untracked.env\"\n"), std::string::npos);
    const GitRepo clone(repo, {});
    const TempDir dir;
    write_file(dir / "patch", state.patch);
    clone.git({"apply", dir / "patch"});
    EXPECT_NE(slurp(clone / "settings.ini").find("LINE 50\n"), std::string::npos);
    EXPECT_NE(slurp(clone / "untracked.env").find("plain=1\n"), std::string::npos);
}

}  // namespace
}  // namespace runlake::testing
