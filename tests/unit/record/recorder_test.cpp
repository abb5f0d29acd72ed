// SPDX-License-Identifier: Apache-2.0
// Recording runs: what the records hold, losses, strict mode, clocks, forks.
#include "record/recorder.hpp"

#include <thread>

#include "core/text.hpp"
#include "tests/support/as_nobody.hpp"
#include "tests/unit/record/support.hpp"

namespace runlake::record {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using testing::EnvVar;
using testing::FakeClock;
using testing::in_child;
using testing::make_store;
using testing::read_everything;
using testing::records_of;
using testing::slurp;
using testing::spit;
using testing::TempDir;

struct RecorderTest : ::testing::Test {
    TempDir temp;
    EnvVar state{"XDG_STATE_HOME", temp / "state"};
    EnvVar no_run{"RUNLAKE_RUN_ID", std::nullopt};
    EnvVar no_trace{"TRACEPARENT", std::nullopt};
    Store store = make_store(temp / ".runlake");
    FakeClock clock;

    std::unique_ptr<Recorder> recorder(Mode mode = Mode::on) {
        Recorder::Options options;
        options.mode = mode;
        options.warn_on_stderr = false;
        options.clock = &clock;
        return Recorder::open(store, options);
    }
    static RunSpec spec(const std::string& stage) {
        RunSpec made;
        made.stage = stage;
        return made;
    }
    // A file in the place of the journal's folder: nothing can be written.
    void block() const {
        fs::remove_all(store.journal());
        spit(store.journal(), "in the way");
    }
    void unblock() const { fs::remove(store.journal()); }
};

TEST_F(RecorderTest, ARunIsAStartAndAnEnd) {
    auto recording = recorder();
    auto started = recording->start(spec("fit"));
    ASSERT_TRUE(started.ok());
    auto& run = *started.value();
    clock.micros += 2'000'000;
    clock.ns += 1'500'000'000;
    LogRecord log{Header{run.id(), {}, 0}};
    log.metrics = {{"loss", 1.0}, {"acc", 0.5}, {"loss", 0.25}};
    log.step = 3;
    run.log(log);
    Outcome outcome;
    outcome.exit_status = 0;
    outcome.facts.rows_out = 0;
    ASSERT_TRUE(run.finish(outcome).ok());
    EXPECT_EQ(run.finish({}).error().code(), Errc::conflict);

    const auto starts = records_of<StartRecord>(store);
    ASSERT_EQ(starts.size(), 1U);
    EXPECT_EQ(starts[0], run.started());
    EXPECT_EQ(starts[0].header.run, run.id());
    EXPECT_EQ(starts[0].header.at.micros, 1'700'000'000'000'000);
    EXPECT_EQ(starts[0].recorder, os::this_process());
    EXPECT_EQ(starts[0].host, os::host_name());
    EXPECT_EQ(starts[0].trace_id->size(), 32U);
    EXPECT_EQ(starts[0].span_id->size(), 16U);
    EXPECT_FALSE(starts[0].parent_span_id);
    EXPECT_FALSE(starts[0].parent);
    EXPECT_EQ(starts[0].working_dir, fs::current_path());
    const auto logs = records_of<LogRecord>(store);
    ASSERT_EQ(logs.size(), 1U);
    EXPECT_EQ(logs[0].metrics, (std::vector<std::pair<std::string, double>>{{"loss", 0.25}, {"acc", 0.5}}));
    const auto ends = records_of<EndRecord>(store);
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_EQ(ends[0].state, RunState::completed);
    EXPECT_DOUBLE_EQ(ends[0].duration_seconds, 1.5);
    EXPECT_EQ(ends[0].header.at.micros, 1'700'000'002'000'000);
    EXPECT_EQ(ends[0].facts.rows_out, 0);
    EXPECT_LT(starts[0].header.n, logs[0].header.n);
    EXPECT_LT(logs[0].header.n, ends[0].header.n);
    EXPECT_FALSE(ends[0].start);
    EXPECT_EQ(recording->lost(), 0U);
    EXPECT_FALSE(recording->problem());
    EXPECT_EQ(known_losses(store), std::nullopt);
}

TEST_F(RecorderTest, TheWorkingFolderIsRelativeInsideTheProject) {
    const auto before = fs::current_path();
    fs::create_directories(temp / "a/b");
    fs::current_path(temp / "a/b");
    store.root = fs::canonical(temp.path());
    auto run = recorder()->start(spec("s")).take();
    fs::current_path(temp.path());
    auto top = recorder()->start(spec("s")).take();
    fs::current_path(before);
    EXPECT_EQ(run->started().working_dir, "a/b");
    EXPECT_EQ(top->started().working_dir, ".");
}

TEST_F(RecorderTest, ParentsAndTraces) {
    no_run.set("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    no_trace.set("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    auto recording = recorder();
    auto outer = recording->start(spec("outer")).take();
    EXPECT_EQ(outer->started().parent->str(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    EXPECT_EQ(outer->started().trace_id, "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(outer->started().parent_span_id, "b7ad6b7169203331");
    EXPECT_EQ(outer->traceparent(), "00-0af7651916cd43dd8448eb211c80319c-" + *outer->started().span_id + "-00");
    RunSpec inside = spec("inner");
    inside.parent = outer->id();
    inside.traceparent = outer->traceparent();
    auto inner = recording->start(inside).take();
    EXPECT_EQ(inner->started().parent, outer->id());
    EXPECT_EQ(inner->started().parent_span_id, outer->started().span_id);
    EXPECT_NE(inner->started().span_id, outer->started().span_id);
}

TEST_F(RecorderTest, MalformedTraceparentsAreIgnored) {
    const std::vector<std::pair<std::string, bool>> cases = {
        {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true},
        {" 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\t", true},
        {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-will-be", true},
        {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true},
        {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x", false},
        {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false},
        {"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
        {"00-00000000000000000000000000000000-b7ad6b7169203331-01", false},
        {"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false},
        {"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false},
        {"00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01", false},
        {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", false},
        {"", false},
        {"garbage", false},
    };
    auto recording = recorder();
    for (const auto& [header, valid] : cases) {
        RunSpec made = spec("s");
        made.traceparent = header;
        const auto run = recording->start(made).take();
        EXPECT_EQ(run->started().trace_id == "0af7651916cd43dd8448eb211c80319c", valid) << header;
        EXPECT_EQ(run->started().parent_span_id.has_value(), valid) << header;
    }
    no_run.set("not an id");
    EXPECT_FALSE(recorder()->start(spec("s")).take()->started().parent);
}

TEST_F(RecorderTest, ADroppedRunFailed) {
    { auto run = recorder()->start(spec("s")).take(); }
    const auto ends = records_of<EndRecord>(store);
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_EQ(ends[0].state, RunState::failed);
    EXPECT_NE(ends[0].error->head.find("dropped"), std::string::npos);
}

TEST_F(RecorderTest, ARunMayOutliveItsRecorder) {
    auto recording = recorder();
    auto run = recording->start(spec("s")).take();
    recording.reset();
    EXPECT_TRUE(run->finish({}).ok());
    EXPECT_EQ(records_of<EndRecord>(store).size(), 1U);
}

TEST_F(RecorderTest, OffRecordsNothing) {
    auto recording = recorder(Mode::off);
    auto run = recording->start(spec("s")).take();
    run->log(LogRecord{Header{run->id(), {}, 0}});
    EXPECT_TRUE(run->finish({}).ok());
    EXPECT_EQ(run->traceparent().size(), 55U);
    EXPECT_FALSE(fs::exists(store.journal()));
}

TEST_F(RecorderTest, DegradedStays) {
    auto recording = recorder();
    auto run = recording->start(spec("s")).take();
    LogRecord log{Header{run->id(), {}, 0}};
    log.facts.degraded = true;
    log.facts.degraded_reason = "three rows skipped";
    run->log(log);
    ASSERT_TRUE(run->finish({}).ok());
    EXPECT_EQ(records_of<EndRecord>(store).at(0).state, RunState::degraded);
    auto failing = recording->start(spec("s")).take();
    failing->log(log);
    Outcome outcome;
    outcome.state = RunState::failed;
    ASSERT_TRUE(failing->finish(outcome).ok());
    EXPECT_EQ(records_of<EndRecord>(store).at(1).state, RunState::failed);
}

TEST_F(RecorderTest, ALongErrorIsKeptWholeInAFile) {
    auto run = recorder()->start(spec("s")).take();
    std::string text = "ValueError: too long\n";
    while (text.size() < 3000) { text += "  at line \u20ac\n"; }
    Outcome outcome;
    outcome.state = RunState::failed;
    outcome.error_text = text;
    ASSERT_TRUE(run->finish(outcome).ok());
    const auto error = records_of<EndRecord>(store).at(0).error;
    ASSERT_TRUE(error);
    EXPECT_LE(error->head.size(), 500U);
    EXPECT_TRUE(text.starts_with(error->head));
    EXPECT_EQ(error->whole_bytes, text.size());
    ASSERT_EQ(error->file, "output/" + run->id().str() + "/error.txt");
    EXPECT_EQ(slurp(store.dir + "/" + *error->file), text);
    auto brief = recorder()->start(spec("s")).take();
    outcome.error_text = "short";
    ASSERT_TRUE(brief->finish(outcome).ok());
    EXPECT_FALSE(fs::exists(store.output(brief->id().str())));
}

TEST_F(RecorderTest, SecretsNeverReachTheDisk) {
    const std::string secret = "hunter2hunter2";
    RunSpec made = spec("s");
    made.argv = {"train", "--password", secret, "--api-key=" + secret, "https://user:" + secret + "@example.org/"};
    made.params = core::Json::object().set("token", secret).set("nested", core::Json::object().set("db_password", secret));
    made.tags = core::Json::object().set("secret", secret);
    made.inputs = {{"https://u:" + secret + "@example.org/x", std::nullopt, std::nullopt}};
    auto run = recorder()->start(made).take();
    LogRecord log{Header{run->id(), {}, 0}};
    log.note = "password=" + secret;
    log.error = "Authorization: Bearer " + secret;
    log.params = made.params;
    run->log(log);
    Outcome outcome;
    outcome.state = RunState::failed;
    outcome.error_text = "password=" + secret + std::string(1000, '.');
    outcome.stderr_tail = "token: " + secret;
    ASSERT_TRUE(run->finish(outcome).ok());
    for (const auto& entry : fs::recursive_directory_iterator(store.dir)) {
        if (entry.is_regular_file()) { EXPECT_EQ(slurp(entry.path()).find(secret), std::string::npos) << entry.path() << slurp(entry.path()); }
    }
}

TEST_F(RecorderTest, AClockThatJumpsBackDoesNotTurnARunAround) {
    auto run = recorder()->start(spec("s")).take();
    const auto began = run->started().header.at;
    clock.micros -= 3'600'000'000;
    clock.ns += 2'000'000'000;
    run->log(LogRecord{Header{run->id(), {}, 0}});
    ASSERT_TRUE(run->finish({}).ok());
    EXPECT_GE(records_of<LogRecord>(store).at(0).header.at, began);
    const auto end = records_of<EndRecord>(store).at(0);
    EXPECT_GE(end.header.at, began);
    EXPECT_DOUBLE_EQ(end.duration_seconds, 2.0);
    // Another run begins at the new time all the same.
    EXPECT_LT(recorder()->start(spec("s")).take()->started().header.at, began);
}

TEST_F(RecorderTest, ManyThreadsRecordAtOnce) {
    auto recording = recorder();
    std::vector<std::thread> threads;
    for (int t = 0; t < 16; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i) {
                auto run = recording->start(spec("s")).take();
                static_cast<void>(run->finish({}).ok());
            }
        });
    }
    for (auto& thread : threads) { thread.join(); }
    EXPECT_EQ(records_of<StartRecord>(store).size(), 800U);
    std::set<std::string> ids;
    for (const auto& end : records_of<EndRecord>(store)) { ids.insert(end.header.run.str()); }
    EXPECT_EQ(ids.size(), 800U);
}

TEST_F(RecorderTest, AForkedChildRecordsItsOwnRunsAndLeavesItsParentsAlone) {
    auto recording = recorder();
    auto run = recording->start(spec("parent")).take();
    EXPECT_EQ(in_child([&] {
                  LogRecord log{Header{run->id(), {}, 0}};
                  log.note = "from the child";
                  run->log(log);
                  if (run->finish({}).error().code() != Errc::conflict) { return false; }
                  run.reset();  // says nothing either
                  auto own = recording->start(spec("child")).take();
                  const bool good = own->started().recorder.pid == ::getpid() && own->finish({}).ok();
                  own.reset();
                  recording.reset();
                  return good;
              }),
              0);
    ASSERT_TRUE(run->finish({}).ok());
    EXPECT_EQ(records_of<LogRecord>(store).size(), 1U);
    const auto starts = records_of<StartRecord>(store);
    ASSERT_EQ(starts.size(), 2U);
    EXPECT_NE(starts[0].header.run, starts[1].header.run);
    EXPECT_NE(starts[0].span_id, starts[1].span_id);
    EXPECT_EQ(records_of<EndRecord>(store).size(), 2U);
}

TEST_F(RecorderTest, WhatCantBeWrittenIsCountedAndTheEndBringsTheStart) {
    block();
    auto recording = recorder();
    auto run = recording->start(spec("s"));
    ASSERT_TRUE(run.ok());
    EXPECT_EQ(recording->lost(), 1U);
    ASSERT_TRUE(recording->problem());
    run.value()->log(LogRecord{Header{run.value()->id(), {}, 0}});
    EXPECT_EQ(recording->lost(), 2U);
    const auto losses = known_losses(store);
    ASSERT_TRUE(losses);
    EXPECT_EQ(losses->count, 2U);
    EXPECT_NE(losses->reason.find("journal"), std::string::npos) << losses->reason;
    unblock();
    ASSERT_TRUE(run.value()->finish({}).ok());
    const auto end = records_of<EndRecord>(store).at(0);
    ASSERT_TRUE(end.start);
    EXPECT_EQ(*end.start, run.value()->started());
    EXPECT_EQ(end.lost_records, 1U);  // the start is not among them
    // Said in the journal now, and nowhere else.
    const auto said = records_of<LossRecord>(store);
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0].count, 2U);
    EXPECT_EQ(known_losses(store), std::nullopt);
}

TEST_F(RecorderTest, LossesOfAProcessThatHasGoneAreSettledByTheNext) {
    block();
    {
        auto recording = recorder();
        auto run = recording->start(spec("s")).take();
        EXPECT_FALSE(run->finish({}).ok());
        EXPECT_EQ(recording->lost(), 2U);
    }
    ASSERT_TRUE(known_losses(store));
    EXPECT_EQ(known_losses(store)->count, 2U);
    unblock();
    ASSERT_TRUE(recorder()->start(spec("s")).take()->finish({}).ok());
    EXPECT_EQ(known_losses(store), std::nullopt);
    ASSERT_EQ(records_of<LossRecord>(store).size(), 1U);
    EXPECT_EQ(records_of<LossRecord>(store)[0].count, 2U);
}

TEST_F(RecorderTest, AStoreThatCantBeWrittenKeepsItsLossesInTheUsersFolder) {
    if (::geteuid() != 0) { GTEST_SKIP() << "needs root, to become another user"; }
    fs::permissions(temp.path(), static_cast<fs::perms>(0755));
    fs::create_directories(temp / "state");
    fs::permissions(temp / "state", fs::perms::all);
    {
        const runlake::testing::AsNobody nobody;
        auto recording = recorder();
        ASSERT_TRUE(recording->start(spec("s")).ok());
        EXPECT_GT(recording->lost(), 0U);
        EXPECT_NE(recording->problem()->message().find("ermission denied"), std::string::npos);
        ASSERT_TRUE(known_losses(store));
        EXPECT_EQ(known_losses(store)->count, recording->lost());
    }
    EXPECT_FALSE(fs::exists(store.dir + "/lost"));
    EXPECT_TRUE(known_losses(store));
}

TEST_F(RecorderTest, AStoreThatCantBeOpenedCountsOnly) {
    Recorder::Options options;
    options.warn_on_stderr = false;
    auto recording = Recorder::open(core::Error(Errc::io, "no store here"), options);
    auto run = recording->start(spec("s"));
    ASSERT_TRUE(run.ok());
    EXPECT_FALSE(run.value()->finish({}).ok());
    EXPECT_EQ(recording->lost(), 2U);
    EXPECT_EQ(recording->problem()->message(), "no store here");
}

TEST_F(RecorderTest, StrictRefusesToBegin) {
    block();
    auto recording = recorder(Mode::strict);
    const auto run = recording->start(spec("fit"));
    ASSERT_FALSE(run.ok());
    EXPECT_EQ(run.error().code(), Errc::io) << run.error().message();
    EXPECT_NE(run.error().message().find("recording the start of stage 'fit'"), std::string::npos) << run.error().message();
    EXPECT_EQ(recording->lost(), 0U);
    unblock();
    EXPECT_TRUE(recording->start(spec("fit")).ok());
}

TEST_F(RecorderTest, TheLossIsSaidOnceOnStderr) {
    block();
    ::testing::internal::CaptureStderr();
    {
        auto recording = Recorder::open(store, {});
        for (int i = 0; i < 3; ++i) { static_cast<void>(recording->start(spec("s")).take()->finish({}).ok()); }
    }
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_TRUE(said.starts_with("runlake: ")) << said;
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
}

TEST_F(RecorderTest, OtherProcessesLogAndPresume) {
    auto recording = recorder();
    LogRecord log{Header{core::RunId::parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11").take(), {}, 0}};
    log.note = "seen";
    ASSERT_TRUE(recording->log(log).ok());
    EXPECT_EQ(records_of<LogRecord>(store).at(0).header.at, clock.now());
    EndRecord end{log.header};
    end.state = RunState::abandoned;
    end.presumption = "killed";
    ASSERT_TRUE(recording->end_presumed(end).ok());
    EXPECT_TRUE(records_of<EndRecord>(store).at(0).presumed);
    block();
    EXPECT_FALSE(recorder()->log(log).ok());
}

TEST_F(RecorderTest, WhatIsTooLongOrTooDeepIsCutAndTheRunKept) {
    RunSpec made = spec("s");
    made.argv = std::vector<std::string>(3000, std::string(10000, 'x'));
    core::Json deep = 1;
    for (int i = 0; i < 500; ++i) {
        core::Json outer = core::Json::array();
        outer.push(std::move(deep));
        deep = std::move(outer);
    }
    made.params = core::Json::object().set("deep", deep);
    auto recording = recorder();
    ASSERT_TRUE(recording->start(made).take()->finish({}).ok());
    made.argv = {"short"};
    ASSERT_TRUE(recording->start(made).take()->finish({}).ok());
    EXPECT_EQ(recording->lost(), 0U);
    const auto starts = records_of<StartRecord>(store);
    ASSERT_EQ(starts.size(), 2U);
    EXPECT_EQ(starts[0].argv.size(), 16U);
    EXPECT_TRUE(starts[0].tags.find("runlake"));
    EXPECT_NE(core::to_json(starts[1].params).find("[nested too deeply]"), std::string::npos);
}

}  // namespace
}  // namespace runlake::record
