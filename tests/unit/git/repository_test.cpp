// SPDX-License-Identifier: Apache-2.0
// Finding a repository and reading HEAD, against what the git command says.
#include "git/repository.hpp"

#include "tests/unit/git/git_repo.hpp"

namespace runlake::testing {
namespace {

using core::Errc;
using git::HeadKind;

constexpr std::string_view k_id = "0123456789abcdef0123456789abcdef01234567";

// A folder that looks like a repository as far as HEAD goes.
class FakeRepo {
  public:
    explicit FakeRepo(std::string_view head) { put("HEAD", head); }
    void put(const std::string& name, std::string_view text) { write_file(dir_ / (".git/" + name), text); }
    git::Head head() const {
        auto found = git::find_repository(dir_.path());
        EXPECT_TRUE(found.ok() && found.value());
        return git::read_head(*found.value());
    }
    const TempDir& dir() const { return dir_; }

  private:
    TempDir dir_;
};

TEST(FindRepository, WalksUpFromASubfolder) {
    const GitRepo repo;
    std::filesystem::create_directories(repo / "a/b");
    auto found = git::find_repository(repo / "a/b");
    ASSERT_TRUE(found.ok());
    ASSERT_TRUE(found.value());
    EXPECT_EQ(found.value()->work_tree, std::filesystem::canonical(repo.path()));
    EXPECT_EQ(found.value()->git_dir, found.value()->work_tree + "/.git");
    EXPECT_EQ(found.value()->common_dir, found.value()->git_dir);
}

TEST(FindRepository, NothingOutsideAndInsideTheGitFolder) {
    const TempDir outside;
    auto none = git::find_repository(outside.path());
    ASSERT_TRUE(none.ok());
    EXPECT_FALSE(none.value());
    const GitRepo repo;
    auto inside = git::find_repository(repo / ".git/refs");
    ASSERT_TRUE(inside.ok());
    EXPECT_FALSE(inside.value());
}

TEST(FindRepository, AnEmptyGitFolderIsPassedOver) {
    const GitRepo repo;
    std::filesystem::create_directories(repo / "sub/.git");
    auto found = git::find_repository(repo / "sub");
    ASSERT_TRUE(found.ok() && found.value());
    EXPECT_EQ(found.value()->work_tree, std::filesystem::canonical(repo.path()));
}

TEST(FindRepository, ABrokenGitFileIsCorrupt) {
    const TempDir dir;
    for (const std::string_view text : {"", "gitdir: ", "gitdir: \n", "nonsense", "gitdir: /nowhere/at/all\n"}) {
        write_file(dir / ".git", text);
        auto found = git::find_repository(dir.path());
        ASSERT_FALSE(found.ok()) << text;
        EXPECT_EQ(found.error().code(), Errc::corrupt);
        EXPECT_NE(found.error().message().find(".git"), std::string::npos);
    }
}

TEST(ReadHead, LooseThenPackedThenDetached) {
    const GitRepo repo;
    repo.write("a", "1");
    const std::string first = repo.commit();
    auto head = git::read_head(repo.where());
    EXPECT_EQ(head.kind, HeadKind::commit);
    EXPECT_EQ(head.commit, first);
    EXPECT_EQ(head.branch, "refs/heads/main");

    repo.git({"branch", "main-old"});
    repo.git({"pack-refs", "--all"});
    ASSERT_FALSE(os::exists(repo / ".git/refs/heads/main"));
    EXPECT_EQ(git::read_head(repo.where()).commit, first);

    repo.write("a", "2");
    const std::string second = repo.commit();
    EXPECT_EQ(git::read_head(repo.where()).commit, second) << "the loose reference wins over the packed one";

    repo.git({"checkout", "-q", first});
    head = git::read_head(repo.where());
    EXPECT_EQ(head.commit, first);
    EXPECT_FALSE(head.branch);
}

TEST(ReadHead, EachWorktreeHasItsOwn) {
    const GitRepo repo;
    repo.write("a", "1");
    const std::string first = repo.commit();
    const TempDir other;
    repo.git({"worktree", "add", "-q", "-b", "side", other / "side"});
    write_file(other / "side/a", "2");
    GitRepo::run({"git", "-C", other / "side", "commit", "-q", "-a", "-m", "side"});
    auto side = git::find_repository(other / "side");
    ASSERT_TRUE(side.ok() && side.value());
    EXPECT_EQ(side.value()->common_dir, std::filesystem::canonical(repo.path()).string() + "/.git");
    const auto head = git::read_head(*side.value());
    EXPECT_EQ(head.branch, "refs/heads/side");
    EXPECT_EQ(head.commit, core::trim(repo.git({"rev-parse", "side"})));
    EXPECT_EQ(git::read_head(repo.where()).commit, first);
    repo.git({"pack-refs", "--all"});
    EXPECT_EQ(git::read_head(*side.value()).commit, head.commit);
}

TEST(ReadHead, UnbornBranch) {
    const GitRepo repo;
    const auto head = git::read_head(repo.where());
    EXPECT_EQ(head.kind, HeadKind::unborn);
    EXPECT_EQ(head.commit, "");
    EXPECT_EQ(head.branch, "refs/heads/main");
}

TEST(ReadHead, SymbolicReferencesAreFollowedAFewDeep) {
    FakeRepo repo("ref: refs/heads/a\n");
    repo.put("refs/heads/a", "ref: refs/heads/b\n");
    repo.put("refs/heads/b", std::string(k_id) + "\n");
    EXPECT_EQ(repo.head().commit, k_id);
    repo.put("refs/heads/b", "ref: refs/heads/a\n");
    EXPECT_EQ(repo.head().kind, HeadKind::unknown);
    EXPECT_NE(repo.head().reason.find("deep"), std::string::npos);
}

TEST(ReadHead, ReftableIsUnknown) {
    const FakeRepo repo("ref: refs/heads/.invalid\n");
    EXPECT_EQ(repo.head().kind, HeadKind::unknown);
    EXPECT_NE(repo.head().reason.find("reftable"), std::string::npos);
}

TEST(ReadHead, MalformedIsUnknownNotACrash) {
    for (const std::string_view text : {"", "\n", "ref:", "ref: \n", "ref: ../../etc/passwd", "ref: refs/../../x", "ref: refs/heads/a//b", "deadbeef\n",
                                        "ref: refs/heads/with space\n", "zzzz456789abcdef0123456789abcdef01234567\n"}) {
        const FakeRepo repo(text);
        EXPECT_EQ(repo.head().kind, HeadKind::unknown) << text;
        EXPECT_NE(repo.head().reason, "") << text;
    }
}

TEST(ReadHead, AFolderWhereTheReferenceWasIsNoReference) {
    FakeRepo repo("ref: refs/heads/a\n");
    repo.put("refs/heads/a/b", std::string(k_id));
    EXPECT_EQ(repo.head().kind, HeadKind::unborn);
    repo.put("packed-refs", core::cat(k_id, " refs/heads/a\n"));
    EXPECT_EQ(repo.head().commit, k_id);
}

TEST(ReadHead, LongerIdsOfOtherHashesAreTaken) {
    const std::string id(64, 'a');
    const FakeRepo repo(id + "\n");
    EXPECT_EQ(repo.head().commit, id);
}

TEST(FindPacked, TakesWholeNamesOnWholeLines) {
    const std::string other(40, 'f');
    const std::string text = core::cat("# pack-refs with: peeled fully-peeled sorted \n", other, " refs/heads/main-old\n", other, " refs/heads/x/refs/heads/main\n", k_id,
                                       " refs/heads/main\n^", other, "\n", other, " refs/tags/v1");
    EXPECT_EQ(git::find_packed(text, "refs/heads/main"), k_id);
    EXPECT_EQ(git::find_packed(text, "refs/tags/v1"), other) << "without a newline at the end";
    EXPECT_FALSE(git::find_packed(text, "refs/heads/mai"));
    EXPECT_FALSE(git::find_packed("", "refs/heads/main"));
    EXPECT_FALSE(git::find_packed("short refs/heads/main\n", "refs/heads/main"));
}

TEST(ParseReference, ObjectIdsAreLowered) {
    auto reference = git::parse_reference("0123456789ABCDEF0123456789abcdef01234567\n");
    ASSERT_TRUE(reference.ok());
    EXPECT_EQ(reference.value().object, k_id);
}

}  // namespace
}  // namespace runlake::testing
