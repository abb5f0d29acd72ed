// SPDX-License-Identifier: Apache-2.0
// `runs recover`: records an end for runs whose recorder could not, because it is gone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "ops/runs_reading.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::ops {

// What is known of a run that has begun and not ended.
struct OpenRun {
    os::ProcessId recorder;
    std::optional<os::ProcessId> watched;     // nothing for a run that is recorded from inside its program
    core::Timestamp last_said;                // its start, or the newest thing logged
};

enum class Fate : std::uint8_t {
    running,     // its recorder lives (or may still be about to record the end)
    unwatched,   // its recorder is gone, its program lives: it goes on, nobody will record its end but us, later
    killed,      // both are gone, the machine is up
    host_lost,   // the machine has started again since
    unknown,     // can't be known from here, and nothing was heard of it for longer than allowed
    elsewhere,   // can't be known from here (another machine or container, or a system that does not tell): left alone
};
std::string_view fate_name(Fate fate);
// Whether a run of this fate is closed as `abandoned`.
bool is_closed(Fate fate);

// Where and when the question is asked.
struct Judge {
    std::string boot;                                      // os::boot_id()
    core::Timestamp now;
    std::optional<std::int64_t> unknown_after_s;           // nothing: what can't be known is left alone for ever
    os::Liveness (*liveness)(const os::ProcessId&) = os::liveness;
};
Fate judge(const OpenRun& run, const Judge& judge);

struct RunsRecoverRequest {
    RunsScope scope;
    std::optional<std::int64_t> unknown_after_s;
    os::Durability durability = os::Durability::process;
};

struct RecoveredRun {
    core::RunId id;
    std::string stage;
    core::Timestamp started_at;
    Fate fate;
};

struct RunsRecoverResponse {
    std::vector<RecoveredRun> runs;    // every run that was open, by start
    Notes notes;
};

// Closes what can be closed. Doing it twice changes nothing; an end that a run's own recorder writes later takes its place. Errc::io when the journal can't be
// written: then the runs before are closed.
core::Result<RunsRecoverResponse> runs_recover(const RunsRecoverRequest& request);
core::Json to_json(const RunsRecoverResponse& response);

}  // namespace runlake::ops
