// SPDX-License-Identifier: Apache-2.0
// Recording runs: what `runlake run`, the C API, C++ and Python call. Never throws, never blocks on another process, never fails the caller's work.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "record/model.hpp"
#include "record/settings.hpp"
#include "record/store.hpp"

namespace runlake::record {

// What the caller says about a run that begins. Recorder fills id, times, process ids, host, trace ids.
struct RunSpec {
    std::string stage;
    std::optional<std::string> tenant;
    std::optional<core::RunId> parent;             // default: RUNLAKE_RUN_ID of the environment, when it is an id
    std::optional<std::string> traceparent;        // W3C header; default: TRACEPARENT of the environment; malformed ones are ignored
    std::vector<std::string> argv;
    std::vector<Input> inputs;
    std::optional<std::string> config_path;
    core::Json params = core::Json::object();
    core::Json tags = core::Json::object();
    Facts facts;
    std::optional<os::ProcessId> watched;
    std::optional<core::RunId> id;                 // default: a new one
};

// How a run ended, in the caller's words.
struct Outcome {
    RunState state = RunState::completed;
    std::optional<int> exit_status;
    std::optional<int> signal;
    std::optional<std::string> error_text;         // whole; head goes to the row, whole text to output/<run_id>/error.txt
    std::optional<std::string> stderr_tail;
    std::optional<std::string> cached_from;
    std::vector<std::pair<std::string, double>> metrics;
    Facts facts;
    std::optional<double> duration_seconds;        // default: from start() to finish()
};

class Run;

// One recorder a process and store. Thread-safe. After a fork it may be used in the child too. All strings are redacted before they are written.
// A lost record is counted, said once on stderr ("runlake: ...") and, where any place can be written, kept for `doctor`.
class Recorder {
  public:
    struct Options {
        Mode mode = Mode::on;
        os::Durability durability = os::Durability::process;
        bool warn_on_stderr = true;
        const core::Clock* clock = nullptr;        // default: the system's
    };
    // Never fails: a store that can't be opened gives a recorder that counts losses. Errors of the store are kept in problem().
    static std::unique_ptr<Recorder> open(const core::Result<Store>& store, const Options& options);
    virtual ~Recorder() = default;

    // Records the start. In Mode::strict the error says why it is not on disk and no run exists; in Mode::on it never fails; in Mode::off
    // the run records nothing.
    virtual core::Result<std::unique_ptr<Run>> start(RunSpec spec) = 0;
    // Says something of a run that another process records (`runlake log`, tag, note). Errors are the caller's to show.
    virtual core::Status log(LogRecord record) = 0;   // header.run is given; at and n are filled in
    virtual core::Status end_presumed(EndRecord record) = 0;

    virtual std::uint64_t lost() const = 0;
    virtual std::optional<core::Error> problem() const = 0;
};

// A run in progress. Thread-safe. Destroying it without finish() records `failed` with the error "the run object was dropped before it was finished".
class Run {
  public:
    virtual ~Run() = default;
    virtual const core::RunId& id() const = 0;
    virtual const StartRecord& started() const = 0;
    virtual std::string traceparent() const = 0;   // for the environment of children
    virtual void log(LogRecord record) = 0;        // header is filled in
    virtual core::Status finish(Outcome outcome) = 0;  // the second call changes nothing: Errc::conflict
};

}  // namespace runlake::record
