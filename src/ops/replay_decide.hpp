// SPDX-License-Identifier: Apache-2.0
// From the replays of a cell to its verdict: finds the canonical and the envelope, judges, writes the artefact and tells its events. What `replay run` calls once a cell.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "ops/replay_canonical.hpp"
#include "record/settings.hpp"
#include "record/store.hpp"
#include "replay/spec.hpp"
#include "replay/verdict.hpp"

namespace runlake::ops {

// Where events go besides the verdict files. Each may be absent.
struct ReplayEvents {
    std::string prefix;                                        // --event-prefix: "" or "s18_"
    std::function<void(std::string_view line)> line;           // every event as it happens: stderr, for `replay run`
    std::optional<std::string> file;                           // appended to
    std::optional<std::string> loki_url;                       // ".../loki/api/v1/push"; the path is added when it is missing
    std::vector<std::pair<std::string, std::string>> loki_labels;   // beside job="runlake_replay"
    std::vector<std::pair<std::string, std::string>> loki_headers;  // "X-Scope-OrgID", "Authorization"
};
// From --events-file, --event-prefix (nothing: not given) and the settings replay.events_file, replay.event_prefix, replay.loki_url, replay.loki_labels, replay.loki_headers.
core::Result<ReplayEvents> replay_events(const record::Settings& settings, const std::optional<std::string>& file, const std::optional<std::string>& prefix);

struct ReplayDeciderOptions {
    record::Store store;
    replay::ReplaySpec spec;                                   // eps_num, policy, path, digest; its cells are not looked at
    ReplayEvents events;
    std::string build_sha;                                     // of the code that is replayed, for the first event; "" is "unknown"
    const core::Clock* clock = nullptr;                        // nothing: the system's
};

// What is known of a cell besides its replays.
struct DecidedCell {
    const replay::Cell& cell;
    std::vector<replay::Outcome> replays;                      // by replica; provenance from inside each child
    std::optional<std::string> run_dir;                        // verdicts/<id>.json is written there as well
    std::optional<std::string> attributed_to;
    std::optional<std::string> first_difference;
    // Given when the caller has it already (`--run`): no source is looked up then.
    std::optional<replay::Canonical> canonical;
    bool inputs_stated = true;                                 // as CellFacts has it
};

// Not for several threads at once.
class ReplayDecider {
  public:
    // Reads the envelopes, and tells the event "loaded".
    static core::Result<std::unique_ptr<ReplayDecider>> open(ReplayDeciderOptions options);
    virtual ~ReplayDecider() = default;
    // Never fails for a reason of the cell: what is missing or broken is in the verdict. An error is that the verdict could not be written; its events are told all the same.
    virtual core::Result<replay::VerdictRecord> decide(DecidedCell cell) = 0;
    // The canonical of a cell, or why there is none (the same that decide() would use).
    virtual std::optional<replay::Canonical> canonical_of(const replay::Cell& cell, std::string& problem) = 0;
    // Sends to Loki what was told since the last time. An error says that it was not taken, or that the file of events took nothing: the verdicts stand all the same.
    virtual core::Status send() = 0;
};

// What an envelope must have been measured against to count for these replays of the cell.
replay::EnvelopeKey envelope_key(const replay::Cell& cell, const std::vector<replay::Outcome>& replays);

// A path of the verdict's file, relative to the project where it lies inside.
std::string verdict_path(const record::Store& store, const replay::VerdictRecord& record);

}  // namespace runlake::ops
