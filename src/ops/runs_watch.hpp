// SPDX-License-Identifier: Apache-2.0
// `runs watch`: tells of runs as they start and end.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "core/clock.hpp"
#include "ops/runs_reading.hpp"
#include "runs/query_watch.hpp"

namespace runlake::ops {

struct RunsWatchRequest {
    RunsScope scope;
    const core::Clock* clock = nullptr;
    // Waits that long, or less when it should stop: true then.
    std::function<bool(std::chrono::milliseconds)> wait;
    // Exactly one of the two is set. `changed`: once for every run that runs now, and then for every run whose shown state is new. `newest`: the newest `count` runs,
    // at first and whenever something may have changed.
    std::function<core::Status(const runs::WatchedRun&)> changed;
    std::function<core::Status(const runs::RunTable&)> newest;
    std::int64_t count = 10;   // 1 or more: Errc::usage
    std::function<void(const std::string&)> note;   // each once
};

// Returns when wait() says stop. Between looks only the sizes of the journal's segments are read: no database is open.
core::Status runs_watch(const RunsWatchRequest& request);

}  // namespace runlake::ops
