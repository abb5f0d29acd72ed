// SPDX-License-Identifier: Apache-2.0
// The facts of a run as they stand in the journal: one struct a record kind, and their JSON form (docs/formats/journal.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "os/system.hpp"

namespace runlake::record {

enum class RunState : std::uint8_t { running, completed, degraded, failed, stopped, abandoned, cached };
std::string_view state_name(RunState state);
core::Result<RunState> parse_state(std::string_view name);  // Errc::usage names the nearest

// Values of the columns that may become known at any time: at the start, while the run goes on, or at its end. What is absent is not known yet.
// When several records give one, the later record (by at, then n) wins; of two with equal at and n, the greater JSON text.
struct Facts {
    std::optional<std::string> input_fingerprint;  // "<recipe>:<64 hex>"
    std::optional<std::string> code_ref;           // commit, "+dirty.<digest>" or "+dirty.unknown"
    std::optional<std::string> config_hash;        // "<recipe>:<64 hex>"
    std::optional<std::string> environment;        // digest of environments/<digest>.json
    std::optional<std::int64_t> rows_in;
    std::optional<std::int64_t> rows_out;
    std::optional<std::int64_t> llm_calls;
    std::optional<std::int64_t> tokens;
    bool degraded = false;                         // said once, stays
    std::optional<std::string> degraded_reason;
    bool empty() const;
    bool operator==(const Facts&) const = default;
};

// A named input: a path as given, and its own digest when it is known.
struct Input {
    std::string path;
    std::optional<std::string> fingerprint;
    std::optional<std::uint64_t> bytes;
    bool operator==(const Input&) const = default;
};

// What every record has. `n` counts the records of one recorder process, from 0: with `at` it orders records of equal time.
struct Header {
    core::RunId run;
    core::Timestamp at;
    std::uint64_t n = 0;
    bool operator==(const Header&) const = default;
};

// The run began. Written before the user's program executes.
struct StartRecord {
    Header header;
    std::string stage;
    std::optional<std::string> tenant;
    std::optional<core::RunId> parent;
    std::optional<std::string> trace_id;           // 32 hex
    std::optional<std::string> span_id;            // 16 hex: this run's own span
    std::optional<std::string> parent_span_id;     // 16 hex, from TRACEPARENT
    std::vector<std::string> argv;                 // redacted; empty for runs recorded from inside a program
    std::optional<std::string> working_dir;        // relative to the project root where it lies inside, else absolute
    std::vector<Input> inputs;
    std::optional<std::string> config_path;
    core::Json params = core::Json::object();      // redacted
    core::Json tags = core::Json::object();        // string values
    Facts facts;
    os::ProcessId recorder;                        // the process that writes this run's records
    std::optional<os::ProcessId> watched;          // the user's process, when it is another one
    std::string host;
    bool operator==(const StartRecord&) const = default;
};

// Something said while the run goes on, from its recorder or from inside (`runlake log`).
struct LogRecord {
    Header header;
    std::vector<std::pair<std::string, double>> metrics;
    std::optional<std::int64_t> step;              // with it, the metrics are points of series
    core::Json tags = core::Json::object();        // string values; null removes a tag
    core::Json params = core::Json::object();
    std::optional<std::string> note;
    std::optional<std::string> error;              // an error that did not end the run; cut like EndRecord::error
    std::vector<Input> inputs;                     // digests that became known
    Facts facts;
    bool operator==(const LogRecord&) const = default;
};

// An error as the row holds it: at most 500 bytes of its head, cut at a UTF-8 boundary, and where the whole text is.
struct ErrorText {
    std::string head;
    std::uint64_t whole_bytes = 0;                 // length of the whole text
    std::optional<std::string> file;               // relative to the store: output/<run_id>/error.txt
    bool operator==(const ErrorText&) const = default;
};

// The run ended. From its recorder, or presumed by another (`presumed`): the recorder's own supersedes a presumption; of several of equal rank the
// earliest (at, n, text) wins.
struct EndRecord {
    Header header;
    RunState state = RunState::completed;
    double duration_seconds = 0;                   // monotonic clock; wall clock difference when presumed
    std::optional<int> exit_status;
    std::optional<int> signal;
    std::optional<ErrorText> error;
    std::vector<std::pair<std::string, double>> metrics;
    std::optional<std::string> stderr_tail;        // last 2,048 bytes of a failed run's stderr, redacted
    std::optional<std::string> cached_from;        // run_id whose outputs were reused
    bool presumed = false;
    std::optional<std::string> presumption;        // "killed", "host_lost", "unknown"
    Facts facts;
    std::optional<StartRecord> start;              // whole, when the start could not be recorded
    std::uint64_t lost_records = 0;                // records of this run that could not be written
    bool operator==(const EndRecord&) const = default;
};

// Records could not be written before this one.
struct LossRecord {
    core::Timestamp at;
    std::uint64_t n = 0;
    std::uint64_t count = 0;
    std::string reason;
    bool operator==(const LossRecord&) const = default;
};

// A record of a kind or with members that this version does not know is kept as it is: never dropped by compaction.
struct UnknownRecord {
    std::string kind;
    bool operator==(const UnknownRecord&) const = default;
};

using Record = std::variant<StartRecord, LogRecord, EndRecord, LossRecord, UnknownRecord>;

// The payload of a record, one line of JSON with a fixed order of members. Hot path: no tree is built.
std::string to_payload(const StartRecord& record);
std::string to_payload(const LogRecord& record);
std::string to_payload(const EndRecord& record);
std::string to_payload(const LossRecord& record);
// Reads a payload. Errc::corrupt when a member that the kind needs is missing or of the wrong type; unknown members are ignored.
core::Result<Record> parse_payload(std::string_view payload);

// Cuts an error text for the row: head at most 500 bytes at a UTF-8 boundary, redacted.
ErrorText cut_error(std::string_view text);

}  // namespace runlake::record
