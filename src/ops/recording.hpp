// SPDX-License-Identifier: Apache-2.0
// Recording from inside a program: what the C interface and the Python module call. Adds to record::Recorder what takes time to know (code, environment,
// inputs), in the background.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "record/recorder.hpp"

namespace runlake::ops {

struct RecordingOptions {
    std::optional<std::string> store;              // default: RUNLAKE_STORE, else the project's, made when it is missing
    std::optional<record::Mode> mode;              // default: setting `mode`
};

// What a program says of a run that begins. See record::RunSpec.
struct RecordingRequest {
    std::string stage;
    std::optional<std::string> tenant;
    std::optional<std::string> parent;
    std::optional<std::string> traceparent;
    core::Json params = core::Json::object();
    core::Json tags = core::Json::object();
    std::vector<std::string> inputs;
    std::optional<std::string> config;
};

enum class Count : std::uint8_t { rows_in, rows_out, llm_calls, tokens };

// A run that this process records. Thread-safe. Dropping it unfinished records it as failed.
class RecordedRun {
  public:
    virtual ~RecordedRun() = default;
    virtual const std::string& id() const = 0;
    virtual const std::string& traceparent() const = 0;
    // Metrics must be finite: Errc::usage. Names are 1 to 250 bytes of UTF-8.
    virtual core::Status log_metrics(std::vector<std::pair<std::string, double>> metrics, std::optional<std::int64_t> step) = 0;
    virtual core::Status set_count(Count which, std::int64_t value) = 0;        // not negative
    virtual core::Status set_tag(std::string_view name, std::optional<std::string> value) = 0;
    virtual core::Status set_param(std::string_view name, core::Json value) = 0;
    virtual core::Status note(std::string_view text) = 0;
    virtual core::Status mark_degraded(std::optional<std::string> reason) = 0;
    // `completed` becomes `degraded` when the run was marked so. Errc::conflict the second time.
    virtual core::Status finish(record::RunState state, std::optional<std::string> error_text) = 0;
};

// One a process. Thread-safe, and usable in the child after a fork.
class Recording {
  public:
    // Errc::usage for wrong options. Never fails because of the store, but in strict mode.
    static core::Result<std::shared_ptr<Recording>> open(const RecordingOptions& options);
    virtual ~Recording() = default;
    // Errc::usage for a wrong request, in every mode; otherwise as record::Recorder::start().
    virtual core::Result<std::unique_ptr<RecordedRun>> start(RecordingRequest request) = 0;
    virtual std::uint64_t lost() const = 0;
};

}  // namespace runlake::ops
