// SPDX-License-Identifier: Apache-2.0
// What is taken in the background: all of it when there is time, what is known when there is not, and nothing left running.
#include "fingerprint/capture.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>

#include "tests/unit/git/git_repo.hpp"

namespace runlake::testing {
namespace {

using std::chrono::minutes;

class CaptureTest : public ::testing::Test {
  protected:
    CaptureTest() {
        repo.write("code.py", "1\n");
        repo.write("data/x", "input");
        repo.write("c.json", "{}");
        head = repo.commit();
        request.store.root = repo.where().work_tree;
        request.store.dir = request.store.root + "/.runlake";
        request.code = fingerprint::read_code(repo.path());
        request.input_options.root = request.store.root;
        request.input_options.working_dir = request.store.root;
        request.environment.root = empty.path();
        request.environment.variables.emplace();
    }
    static fingerprint::Patience patient() { return {.code = minutes(5), .inputs = minutes(5), .environment = minutes(5)}; }
    TempDir empty;
    GitRepo repo;
    std::string head;
    fingerprint::CaptureRequest request;
};

TEST_F(CaptureTest, GivesAllThereIs) {
    request.inputs = {"data"};
    request.config_path = "c.json";
    const auto capture = fingerprint::Capture::begin(request);
    const auto captured = capture->finish(patient());
    EXPECT_TRUE(captured.facts.code_ref && captured.facts.code_ref->starts_with(head)) << captured.facts.code_ref.value_or("");
    EXPECT_TRUE(captured.facts.input_fingerprint && captured.facts.input_fingerprint->starts_with("input/1:"));
    EXPECT_TRUE(captured.facts.config_hash && captured.facts.config_hash->starts_with("config/1:"));
    ASSERT_TRUE(captured.facts.environment);
    EXPECT_TRUE(os::exists(request.store.environments() + "/" + *captured.facts.environment + ".json"));
    ASSERT_EQ(captured.inputs.size(), 1U);
    EXPECT_EQ(captured.inputs[0].bytes, 5U);
    EXPECT_TRUE(captured.notes.empty()) << captured.notes.front();
    EXPECT_EQ(capture->finish({}).facts.code_ref, captured.facts.code_ref) << "asked twice, the same";
}

TEST_F(CaptureTest, WithoutPatienceItGivesWhatIsKnown) {
    for (int i = 0; i < 2000; ++i) { repo.write(core::cat("many/f", i), "x"); }
    request.inputs = {"many"};
    const auto capture = fingerprint::Capture::begin(request);
    const auto captured = capture->finish({.code = std::chrono::milliseconds(0), .inputs = std::chrono::milliseconds(0), .environment = std::chrono::milliseconds(0)});
    // Whatever was ready is right; what was not is said to be unknown.
    ASSERT_TRUE(captured.facts.code_ref);
    EXPECT_TRUE(captured.facts.code_ref == head + "+dirty.unknown" || captured.facts.code_ref->starts_with(head + "+dirty."));
    if (!captured.facts.input_fingerprint) { EXPECT_FALSE(captured.notes.empty()); }
}

TEST_F(CaptureTest, ErrorsAreNotes) {
    request.inputs = {"absent"};
    request.config_path = "absent.json";
    const auto captured = fingerprint::Capture::begin(request)->finish(patient());
    EXPECT_FALSE(captured.facts.input_fingerprint);
    EXPECT_FALSE(captured.facts.config_hash);
    ASSERT_EQ(captured.notes.size(), 2U);
    for (const std::string& note : captured.notes) { EXPECT_NE(note.find("absent"), std::string::npos) << note; }
}

TEST_F(CaptureTest, NothingAskedNothingDone) {
    request.code = {};
    request.want_environment = false;
    const auto captured = fingerprint::Capture::begin(request)->finish(patient());
    EXPECT_TRUE(captured.facts.empty());
    EXPECT_TRUE(captured.notes.empty());
    EXPECT_FALSE(os::exists(request.store.dir));
}

TEST_F(CaptureTest, AProcessMayLeaveWhileItWorks) {
    request.inputs = {"data"};
    for (int round = 0; round < 20; ++round) {
        const pid_t pid = ::fork();
        ASSERT_GE(pid, 0);
        if (pid == 0) {
            auto* const capture = fingerprint::Capture::begin(request).release();
            static_cast<void>(capture);
            ::usleep(static_cast<useconds_t>(round * 300));
            ::_exit(7);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(pid, &status, 0), pid);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
    }
}

TEST(Patience, IsAsLongAsTheProgramRanWithinTheLimit) {
    using std::chrono::milliseconds;
    const milliseconds limit(2000);
    EXPECT_EQ(fingerprint::patience_for_code(0.0, limit), milliseconds(1));
    EXPECT_EQ(fingerprint::patience_for_code(0.0305, limit), milliseconds(30));
    EXPECT_EQ(fingerprint::patience_for_code(1.999, limit), milliseconds(1999));
    EXPECT_EQ(fingerprint::patience_for_code(1e300, limit), limit);
    EXPECT_EQ(fingerprint::patience_for_code(-1.0, limit), milliseconds(1));
    EXPECT_EQ(fingerprint::patience_for_code(std::nan(""), limit), limit);
    EXPECT_EQ(fingerprint::patience_for_code(5.0, milliseconds(0)), milliseconds(1));
}

TEST_F(CaptureTest, TheLimitOfTheLookIsTheRequests) {
    for (int i = 0; i < 200; ++i) { repo.write(core::cat("many/f", i), "x"); }
    request.code_limit = std::chrono::milliseconds(0);
    const auto captured = fingerprint::Capture::begin(request)->finish(patient());
    EXPECT_EQ(captured.facts.code_ref, head + "+dirty.unknown");
}

TEST_F(CaptureTest, DestroyingItEndsItsThreads) {
    request.inputs = {"data"};
    for (int round = 0; round < 10; ++round) { fingerprint::Capture::begin(request).reset(); }
}

}  // namespace
}  // namespace runlake::testing
