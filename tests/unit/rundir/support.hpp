// SPDX-License-Identifier: Apache-2.0
// A run directory for a test, and results published in it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "rundir/layout.hpp"
#include "rundir/parts.hpp"
#include "rundir/publish.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::rundir::testing {

// Always the same second, unless it is told another.
class FixedClock final : public core::Clock {
  public:
    core::Timestamp now() const override { return at; }
    std::int64_t monotonic_ns() const override { return at.micros * 1000; }
    core::Timestamp at{1'746'455'422'000'000};  // 2025-05-05 14:30:22
};

using Files = std::map<std::string, std::string>;

inline void write_file(const std::string& path, std::string_view text, mode_t mode = 0644) {
    ASSERT_TRUE(os::make_dirs(os::parent_path(path), 0777, os::point::export_write).ok());
    ASSERT_TRUE(os::publish_file(path, text, mode, os::Existing::replace, os::Durability::process, os::point::export_write).ok());
}

inline StageKey key_of(std::string_view text) { return make_stage_key({{ComponentKind::param, "text", std::string(text)}}).value_or({"", core::sha256(""), {}}); }

inline DoneRecord record_of(const StageInstance& which, std::string_view key, std::vector<std::string> writes, std::int64_t finished = 20) {
    const core::RunId run = os::new_run_id();
    return DoneRecord{.which = which,
                      .key = key_of(key),
                      .run_id = run,
                      .published_by = run,
                      .cached_from = std::nullopt,
                      .started_at = {10},
                      .finished_at = {finished},
                      .isolation = "checked",
                      .inputs = {},
                      .workspace = {},
                      .writes = std::move(writes),
                      .blessed_from = std::nullopt,
                      .blessed_because = std::nullopt};
}

class RunDirTest : public ::testing::Test {
  protected:
    void TearDown() override {
        ASSERT_TRUE(os::configure_faults(""));
        make_folders_writable(dir_.path(), os::point::export_write);  // who is not root can't remove what is read-only
    }

    RunDir make(const std::string& key = "corn_usa") {
        auto made = RunDir::create(dir_ / "runs", {.run_id = os::new_run_id(), .experiment_key = key, .config_text = "alpha: 1\n", .pipeline_file = "pipeline.yaml", .roots = {}}, clock_);
        EXPECT_TRUE(made.ok()) << made.error().message();
        if (!made.ok()) { ::abort(); }
        return std::move(made).take();
    }

    // Publishes these files as the result of a stage.
    core::Result<DoneRecord> publish_files(const RunDir& run_dir, DoneRecord record, const Files& files, const PublishOptions& options = {}) {
        RL_ASSIGN(const std::unique_ptr<Staging> staging, Staging::begin(run_dir, record.which));
        for (const auto& [path, text] : files) { write_file(staging->out() + "/" + path, text); }
        return publish(run_dir, *staging, std::move(record), options);
    }
    core::Result<DoneRecord> publish_files(const RunDir& run_dir, const StageInstance& which, std::string_view key, const Files& files, std::int64_t finished = 20) {
        std::vector<std::string> writes;
        for (const auto& [path, text] : files) { writes.push_back(path); }
        return publish_files(run_dir, record_of(which, key, std::move(writes), finished), files);
    }

    static std::string text_of(const std::string& path) { return os::read_file(path).value_or("(none)"); }
    static std::vector<std::string> names_in(const std::string& path) {
        std::vector<std::string> names;
        for (const os::DirEntry& entry : os::list_dir(path).value_or({})) { names.push_back(entry.name); }
        return names;
    }

    runlake::testing::TempDir dir_;
    FixedClock clock_;
};

}  // namespace runlake::rundir::testing
