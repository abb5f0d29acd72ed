// SPDX-License-Identifier: Apache-2.0
// A program that records by script and says on stdout what has been acknowledged, each after the call returned: what the crash tests kill and fail.
//
//     RUNLAKE_STORE=DIR record_driver SCRIPT [NUMBER]
//
// "ack <run id> <kind> <mark>" for each record that was written whole; "lost <n>" at the end. Whatever happens to the journal, the status is 0.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "os/fault.hpp"
#include "os/files.hpp"
#include "os/lease.hpp"
#include "record/journal.hpp"
#include "record/recorder.hpp"
#include "record/store.hpp"

namespace {

using runlake::core::cat;
using runlake::record::CompactReport;
using runlake::record::LogRecord;
using runlake::record::OpenStore;
using runlake::record::Outcome;
using runlake::record::Recorder;
using runlake::record::Run;
using runlake::record::RunSpec;
using runlake::record::RunState;

// Unbuffered: what was said before a kill has been said.
void say(const std::string& line) {
    const std::string text = line + "\n";
    if (::write(STDOUT_FILENO, text.data(), text.size()) != static_cast<ssize_t>(text.size())) { ::_exit(9); }
}

// Runs of one recorder, acknowledged when no loss was counted meanwhile.
class Script {
  public:
    explicit Script(runlake::os::Durability durability) {
        Recorder::Options options;
        options.durability = durability;
        recorder_ = Recorder::open(runlake::record::open_store(std::nullopt, OpenStore::create), options);
    }

    std::unique_ptr<Run> start(const std::string& mark) {
        const auto before = recorder_->lost();
        RunSpec spec;
        spec.stage = mark;
        auto run = recorder_->start(std::move(spec));
        if (!run.ok()) { ::_exit(8); }
        if (recorder_->lost() == before) { say(cat("ack ", run.value()->id().str(), " start ", mark)); }
        return std::move(run).take();
    }
    void log(Run& run, const std::string& mark) {
        const auto before = recorder_->lost();
        LogRecord record{runlake::record::Header{run.id(), {}, 0}};
        record.note = mark;
        run.log(std::move(record));
        if (recorder_->lost() == before) { say(cat("ack ", run.id().str(), " log ", mark)); }
    }
    void finish(Run& run, const std::string& error = "") {
        Outcome outcome;
        if (!error.empty()) {
            outcome.state = RunState::failed;
            outcome.error_text = error;
        }
        if (run.finish(std::move(outcome)).ok()) { say(cat("ack ", run.id().str(), " end -")); }
    }
    void end() {
        say(cat("lost ", recorder_->lost()));
        recorder_.reset();
    }

  private:
    std::unique_ptr<Recorder> recorder_;
};

void record(runlake::os::Durability durability) {
    Script script(durability);
    auto outer = script.start("outer");
    for (int i = 0; i < 2; ++i) {
        auto inner = script.start(cat("inner-", i));
        script.log(*inner, cat("note-", i));
        script.finish(*inner, i == 1 ? std::string(2000, 'e') : "");
    }
    script.log(*outer, "last");
    script.finish(*outer);
    script.end();
}

void runs(int count) {
    Script script(runlake::os::Durability::process);
    for (int i = 0; i < count; ++i) {
        auto run = script.start(cat("run-", i));
        script.log(*run, cat("note-", i));
        script.finish(*run);
    }
    script.end();
}

// Records of a given size, until one does not fit.
void fill(int bytes) {
    Script script(runlake::os::Durability::process);
    for (int i = 0; i < 1000; ++i) {
        auto run = script.start(cat("fill-", i));
        script.log(*run, cat("note-", i, '-', std::string(static_cast<std::size_t>(bytes), 'x')));
        script.finish(*run);
    }
    script.end();
}

// As many processes of one run each, less their start.
void cycles(int count) {
    const auto store = runlake::record::open_store(std::nullopt, OpenStore::create);
    if (!store.ok()) { ::_exit(7); }
    for (int i = 0; i < count; ++i) {
        auto writer = runlake::record::JournalWriter::open(store.value(), runlake::os::Durability::process);
        if (!writer.ok() || !writer.value()->append(cat("{\"kind\":\"cycle\",\"i\":", i, "}")).ok()) { ::_exit(6); }
    }
    say(cat("cycles ", count));
}

void rotate() {
    const auto store = runlake::record::open_store(std::nullopt, OpenStore::create);
    if (!store.ok()) { return; }
    auto writer = runlake::record::JournalWriter::open_later(store.value(), runlake::os::Durability::process);
    for (int i = 0; i < 6; ++i) {
        const std::string mark = cat("rotate-", i);
        if (writer->append(cat("{\"kind\":\"mark\",\"mark\":\"", mark, "\",\"fill\":\"", std::string(15U << 20U, 'x'), "\"}")).ok()) { say(cat("ack - mark ", mark)); }
    }
}

void care() {
    const auto store = runlake::record::open_store(std::nullopt, OpenStore::existing);
    if (!store.ok()) { return; }
    const auto compacted = runlake::record::compact(store.value(), 1);
    say(compacted.ok() ? cat("compacted ", compacted.value().merged) : cat("refused ", compacted.error().message()));
    const auto rewritten =
        runlake::record::rewrite_segments(store.value(), [](std::string_view payload) { return payload.find("\"drop\"") != std::string_view::npos; });
    say(rewritten.ok() ? cat("rewritten ", rewritten.value().dropped) : cat("refused ", rewritten.error().message()));
}

void losses() {
    const auto store = runlake::record::open_store(std::nullopt, OpenStore::existing);
    const auto known = store.ok() ? runlake::record::known_losses(store.value()) : std::nullopt;
    say(cat("known ", known ? known->count : 0));
}

// Holds a lease through a few renewals, then says whether it is still ours.
void lease() {
    runlake::os::LeaseOptions options;
    options.purpose = "test";
    options.heartbeat_limit = std::chrono::seconds(1);
    auto held = runlake::os::Lease::take("held.lease", options);
    if (!held.ok()) {
        say(held.error().message());
        return;
    }
    // Each renewal moves the file's time; two of them, or a minute when renewing fails.
    struct timespec last = runlake::os::stat_path("held.lease")->st_mtim;
    int renewals = 0;
    for (int i = 0; i < 10'000 && renewals < 2; ++i) {
        ::usleep(5000);
        const auto now = runlake::os::stat_path("held.lease");
        if (now && (now->st_mtim.tv_nsec != last.tv_nsec || now->st_mtim.tv_sec != last.tv_sec)) {
            last = now->st_mtim;
            ++renewals;
        }
    }
    say(held.value()->is_still_ours() ? "ours" : "lost");
}

}  // namespace

int main(int argc, char** argv) {
    const std::string script = argc > 1 ? argv[1] : "";
    const int number = argc > 2 ? std::atoi(argv[2]) : 0;
    if (script == "record") {
        record(runlake::os::Durability::process);
    } else if (script == "power") {
        record(runlake::os::Durability::power);
    } else if (script == "runs") {
        runs(number);
    } else if (script == "fill") {
        fill(number);
    } else if (script == "cycles") {
        cycles(number);
    } else if (script == "rotate") {
        rotate();
    } else if (script == "care") {
        care();
    } else if (script == "lease") {
        lease();
    } else if (script == "losses") {
        losses();
    } else if (script == "points") {
        for (const auto point : runlake::os::all_points()) { say(std::string(point.name)); }
    } else {
        return 2;
    }
    return 0;
}
