// SPDX-License-Identifier: Apache-2.0
// What the tests of record share: a store in a temporary folder, its records read back, sample records, a clock to set.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "os/system.hpp"
#include "record/journal.hpp"
#include "record/model.hpp"
#include "record/recorder.hpp"
#include "record/store.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::record::testing {

using runlake::testing::TempDir;

// A variable of the environment for as long as this lives; no value unsets it.
class EnvVar {
  public:
    EnvVar(std::string name, const std::optional<std::string>& value) : name_(std::move(name)) {
        if (const char* before = ::getenv(name_.c_str())) { before_ = before; }
        set(value);
    }
    EnvVar(const EnvVar&) = delete;
    EnvVar& operator=(const EnvVar&) = delete;
    ~EnvVar() { set(before_); }
    void set(const std::optional<std::string>& value) const {
        if (value) {
            ::setenv(name_.c_str(), value->c_str(), 1);
        } else {
            ::unsetenv(name_.c_str());
        }
    }

  private:
    std::string name_;
    std::optional<std::string> before_;
};

inline Store make_store(const std::string& dir) {
    auto store = open_store(dir, OpenStore::create);
    EXPECT_TRUE(store.ok()) << (store.ok() ? "" : store.error().message());
    return store.ok() ? store.value() : Store{};
}

struct Everything {
    std::vector<std::string> payloads;
    ReadReport report;
    std::size_t segments = 0;
    std::vector<std::string> unreadable;
};

inline Everything read_everything(const Store& store) {
    Everything all;
    auto listing = list_segments(store);
    EXPECT_TRUE(listing.ok()) << (listing.ok() ? "" : listing.error().message());
    if (!listing.ok()) { return all; }
    all.segments = listing.value().segments.size();
    all.unreadable = listing.value().unreadable;
    for (const auto& segment : listing.value().segments) {
        auto end = read_segment(store, segment, 0, all.report, [&](const RawRecord& raw) { all.payloads.emplace_back(raw.payload); });
        EXPECT_TRUE(end.ok()) << (end.ok() ? "" : end.error().message());
    }
    return all;
}

template <class Kind>
std::vector<Kind> records_of(const Store& store) {
    std::vector<Kind> found;
    for (const auto& payload : read_everything(store).payloads) {
        auto record = parse_payload(payload);
        EXPECT_TRUE(record.ok()) << payload;
        if (!record.ok()) { continue; }
        if (const auto* kind = std::get_if<Kind>(&record.value())) { found.push_back(*kind); }
    }
    return found;
}

inline std::size_t files_under(const std::string& dir) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) { count += entry.is_regular_file() ? 1 : 0; }
    return count;
}

inline std::string slurp(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

inline void spit(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string own_folder_of(const Store& store) {
    return store.journal() + "/" + os::machine_id() + "-" + os::machine_label();
}

// A clock that tests set.
class FakeClock final : public core::Clock {
  public:
    core::Timestamp now() const override { return {micros.load()}; }
    std::int64_t monotonic_ns() const override { return ns.load(); }
    std::atomic<std::int64_t> micros{1'700'000'000'000'000};
    std::atomic<std::int64_t> ns{5'000'000'000};
};

// Runs `work` in a forked child that ends by _exit; its exit status.
template <class Work>
int in_child(const Work& work) {
    const pid_t pid = ::fork();
    if (pid == 0) { ::_exit(work() ? 0 : 1); }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

inline StartRecord full_start() {
    StartRecord record{Header{core::RunId::parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11").take(), {1736432595000042}, 7}};
    record.stage = "fit \"x\"\n";
    record.tenant = "acme";
    record.parent = core::RunId::parse("b1ffc88a-9c0b-4ef8-bb6d-6bb9bd380a11").take();
    record.trace_id = "0af7651916cd43dd8448eb211c80319c";
    record.span_id = "b7ad6b7169203331";
    record.parent_span_id = "00f067aa0ba902b7";
    record.argv = {"python3", "-c", "print('\u00e4\u20ac\U0001F600')", ""};
    record.working_dir = ".";
    record.inputs = {{"data/a.csv", "input/1:ab", 12}, {"b", std::nullopt, std::nullopt}};
    record.config_path = "conf.yaml";
    record.params = core::Json::object()
                        .set("lr", 0.1)
                        .set("n", 3)
                        .set("big", core::Json(core::BigInteger{"123456789012345678901234567890"}))
                        .set("none", nullptr)
                        .set("on", true)
                        .set("list", core::Json::array().push(1).push(2.5).push("x").push(core::Json::object().set("k", core::Json::array())));
    record.tags = core::Json::object().set("team", "blue");
    record.facts.input_fingerprint = "input/1:ff";
    record.facts.code_ref = "abc+dirty.12";
    record.facts.config_hash = "config/1:00";
    record.facts.environment = "ee";
    record.facts.rows_in = 150;
    record.facts.rows_out = 0;
    record.facts.llm_calls = -1;
    record.facts.tokens = INT64_MAX;
    record.facts.degraded = true;
    record.facts.degraded_reason = "slow";
    record.recorder = {"00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100", 4026531836, 4711, 123456};
    record.watched = record.recorder;
    record.watched->pid = 4712;
    record.host = "node-1";
    return record;
}

inline EndRecord full_end() {
    EndRecord record{Header{full_start().header.run, {1736432597000042}, 9}};
    record.state = RunState::failed;
    record.duration_seconds = 2.0;
    record.exit_status = 3;
    record.signal = 9;
    record.error = ErrorText{"ValueError: x", 1234, "output/a/error.txt"};
    record.metrics = {{"loss", 0.25}, {"acc \"q\"", 1e300}, {"tiny", 5e-324}};
    record.stderr_tail = "Traceback\n  line\n";
    record.cached_from = "b1ffc88a-9c0b-4ef8-bb6d-6bb9bd380a11";
    record.presumed = true;
    record.presumption = "killed";
    record.facts.rows_out = 5;
    record.start = full_start();
    record.lost_records = 2;
    return record;
}

inline LogRecord full_log() {
    LogRecord record{Header{full_start().header.run, {1736432596000042}, 8}};
    record.metrics = {{"loss", 0.5}};
    record.step = -3;
    record.tags = core::Json::object().set("a", nullptr).set("b", "c");
    record.params = core::Json::object().set("p", 1);
    record.note = "a note";
    record.error = "an error";
    record.inputs = {{"x", "input/1:aa", 0}};
    record.facts.tokens = 10;
    return record;
}

}  // namespace runlake::record::testing
