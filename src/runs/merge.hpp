// SPDX-License-Identifier: Apache-2.0
// What is known of one run, as a value that records are merged into: commutative, associative, idempotent. No clock, no disk, no order of arrival.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "record/model.hpp"

namespace runlake::runs {

// When something was said: the record's time, then its number in its recorder.
struct Stamp {
    core::Timestamp at;
    std::uint64_t n = 0;
    auto operator<=>(const Stamp&) const = default;
};

// A value and when it was said. Of two, the later wins; of two said at once, the greater JSON text.
template <class T>
struct Said {
    T value;
    Stamp stamp;
    bool operator==(const Said&) const = default;
};
template <class T>
using Maybe = std::optional<Said<T>>;

// Identity of a process, as a row holds it.
struct ProcessPart {
    std::int64_t pid = 0;
    std::int64_t ticks = 0;
    std::string boot;
    std::int64_t pid_ns = 0;
    auto operator<=>(const ProcessPart&) const = default;
};

// What a start says of the run as a whole. Of several starts the least wins: the earliest, and of equally early ones the least content.
struct StartPart {
    Stamp stamp;
    std::string stage;
    std::optional<std::string> tenant;
    std::optional<core::RunId> parent;
    std::optional<std::string> trace_id;
    std::optional<std::string> span_id;
    std::optional<std::string> parent_span_id;
    std::string argv;  // JSON array
    std::optional<std::string> working_dir;
    std::optional<std::string> config_path;
    std::string machine;
    std::string host;
    ProcessPart recorder;
    std::optional<ProcessPart> watched;
    auto operator<=>(const StartPart&) const = default;
};

// What an end says. Of several ends the least wins: one of the run's own recorder before a presumed one, then the earliest, then the least content.
struct EndPart {
    bool presumed = false;
    Stamp stamp;
    record::RunState state = record::RunState::completed;
    double duration_seconds = 0;
    std::optional<std::int64_t> exit_status;
    std::optional<std::int64_t> signal;
    std::optional<std::string> error;
    std::optional<std::int64_t> error_bytes;
    std::optional<std::string> error_file;
    std::optional<std::string> stderr_tail;
    std::optional<std::string> cached_from;
    std::optional<std::string> presumption;
    std::int64_t lost_records = 0;
    std::weak_ordering operator<=>(const EndPart& other) const;
    bool operator==(const EndPart& other) const { return (*this <=> other) == 0; }
};

// Facts that any record may give.
struct FactParts {
    Maybe<std::string> input_fingerprint;
    Maybe<std::string> code_ref;
    Maybe<std::string> config_hash;
    Maybe<std::string> environment;
    Maybe<std::string> degraded_reason;
    Maybe<std::int64_t> rows_in;
    Maybe<std::int64_t> rows_out;
    Maybe<std::int64_t> llm_calls;
    Maybe<std::int64_t> tokens;
    bool degraded = false;
    bool operator==(const FactParts&) const = default;
};

struct InputPart {
    Maybe<std::string> fingerprint;
    Maybe<std::int64_t> bytes;
    bool operator==(const InputPart&) const = default;
};

struct MetricPart {
    std::string name;
    std::optional<std::int64_t> step;
    double value = 0;
    Stamp stamp;
    std::weak_ordering operator<=>(const MetricPart& other) const;
    bool operator==(const MetricPart& other) const { return (*this <=> other) == 0; }
};

struct TextPart {
    Stamp stamp;
    std::string text;
    auto operator<=>(const TextPart&) const = default;
};

// Where a start stands in the journal.
struct Place {
    std::string segment;
    std::int64_t offset = 0;
    auto operator<=>(const Place&) const = default;
};

// All that is known of a run.
struct RunParts {
    std::optional<StartPart> start;
    std::vector<std::string> listed_inputs;  // paths in the order of the winning start, each once
    std::optional<Place> place;              // the least place of any start
    std::optional<EndPart> end;
    FactParts facts;
    std::map<std::string, Said<std::optional<std::string>>, std::less<>> tags;  // without a value: removed
    std::map<std::string, Said<std::string>, std::less<>> params;                // JSON texts
    std::map<std::string, InputPart, std::less<>> inputs;                        // by path
    std::set<MetricPart> metrics;
    std::set<TextPart> notes;
    std::set<TextPart> errors;
    bool operator==(const RunParts&) const = default;

    record::RunState state() const;  // as the row shows it: running until an end is known; completed turns into degraded when any record said so
};

// Merges a record, or all that another value knows, into `run`. The caller sees to it that both are of one run.
void merge(RunParts& run, record::StartRecord&& start, const Place& place);
void merge(RunParts& run, record::LogRecord&& log);
void merge(RunParts& run, record::EndRecord&& end, const Place& place);  // `place` for a start inside it
void merge(RunParts& run, RunParts&& other);

// The inputs in the order of their rows: those the start lists, in its order, then the others by path.
std::vector<std::string> ordered_inputs(const RunParts& run);

}  // namespace runlake::runs
