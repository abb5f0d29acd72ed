// SPDX-License-Identifier: Apache-2.0
// code_ref before and after the tree was looked at, and the patch in the store.
#include "fingerprint/code.hpp"

#include "core/digest.hpp"
#include "tests/unit/git/git_repo.hpp"

namespace runlake::testing {
namespace {

class CodeRef : public ::testing::Test {
  protected:
    CodeRef() {
        store.root = repo.where().work_tree;
        store.dir = store.root + "/.runlake";
        patient.limit = std::chrono::minutes(5);
    }
    GitRepo repo;
    record::Store store;
    fingerprint::CodeOptions patient;
};

TEST_F(CodeRef, OfACleanTreeIsTheCommit) {
    repo.write("a", "1");
    repo.write("sub/x", "1");
    const std::string head = repo.commit();
    const auto start = fingerprint::read_code(repo / "sub");
    EXPECT_EQ(start.commit, head);
    EXPECT_EQ(start.code_ref(), head + "+dirty.unknown");
    const auto state = fingerprint::look_at_code(start, store, patient);
    EXPECT_EQ(state.code_ref, head);
    EXPECT_FALSE(state.patch_file);
    EXPECT_FALSE(os::exists(store.dir)) << "nothing is written for a clean tree";
}

TEST_F(CodeRef, OfADirtyTreeHasADigestAndItsPatch) {
    repo.write("a", "1\n");
    const std::string head = repo.commit();
    repo.write("a", "2\n");
    repo.write("runs/20250109_x/DONE", "{}");
    repo.write(".runlake/journal/s", "1");
    const auto state = fingerprint::look_at_code(fingerprint::read_code(repo.path()), store, patient);
    ASSERT_TRUE(state.code_ref);
    ASSERT_TRUE(state.code_ref->starts_with(head + "+dirty.")) << *state.code_ref;
    const std::string digest = state.code_ref->substr(head.size() + 7);
    EXPECT_TRUE(core::Digest::parse(digest).ok()) << digest;
    ASSERT_EQ(state.patch_file, "patches/" + digest);
    const std::string patch = slurp(store.dir + "/" + *state.patch_file);
    EXPECT_NE(patch.find("+2\n"), std::string::npos);
    EXPECT_EQ(patch.find("DONE"), std::string::npos) << "our own folders are not in it";
    EXPECT_EQ(os::stat_path(store.patches() + "/" + digest)->st_mode & 0777U, 0600U);
    const auto again = fingerprint::look_at_code(fingerprint::read_code(repo.path()), store, patient);
    EXPECT_EQ(again.code_ref, state.code_ref) << "keeping the patch did not change the tree";
    EXPECT_EQ(again.note, "");
}

TEST_F(CodeRef, UnknownWhenStopped) {
    repo.write("a", "1");
    const std::string head = repo.commit();
    patient.stop = [] { return true; };
    const auto state = fingerprint::look_at_code(fingerprint::read_code(repo.path()), store, patient);
    EXPECT_EQ(state.code_ref, head + "+dirty.unknown");
    EXPECT_NE(state.note, "");
}

TEST_F(CodeRef, NothingWithoutACommit) {
    const auto unborn = fingerprint::read_code(repo.path());
    EXPECT_FALSE(unborn.code_ref());
    EXPECT_NE(unborn.note.find("no commit"), std::string::npos);
    EXPECT_FALSE(fingerprint::look_at_code(unborn, store, patient).code_ref);
    const TempDir outside;
    const auto none = fingerprint::read_code(outside.path());
    EXPECT_FALSE(none.repository);
    EXPECT_FALSE(none.code_ref());
    EXPECT_EQ(none.note, "") << "outside of git there is nothing to say";
}

TEST_F(CodeRef, APatchThatCannotBeKeptIsSaid) {
    repo.write("a", "1\n");
    repo.commit();
    repo.write("a", "2\n");
    store.dir = repo / "a/not-a-folder";
    const auto state = fingerprint::look_at_code(fingerprint::read_code(repo.path()), store, patient);
    ASSERT_TRUE(state.code_ref);
    EXPECT_EQ(state.code_ref->find("unknown"), std::string::npos) << "the digest is known all the same";
    EXPECT_FALSE(state.patch_file);
    EXPECT_NE(state.note, "");
}

TEST_F(CodeRef, ATreeThatIsNoneOfOursIsNotWrittenTo) {
    repo.write("a", "1");
    repo.commit();
    repo.write("a", "2");
    const TempDir elsewhere;
    store.root = elsewhere.path();
    store.dir = elsewhere / "store";
    const auto state = fingerprint::look_at_code(fingerprint::read_code(repo.path()), store, patient);
    EXPECT_TRUE(state.patch_file);
    EXPECT_FALSE(os::exists(repo / ".runlake"));
}

}  // namespace
}  // namespace runlake::testing
