// SPDX-License-Identifier: Apache-2.0
// Ended runs for the tests of exporters.
#pragma once

#include "observe/run_feed.hpp"

namespace runlake::observe::test {

inline core::RunId run_id(std::uint8_t number) {
    std::array<std::uint8_t, 16> bytes{};
    bytes.fill(number);
    return core::RunId::from_random(bytes);
}

inline EndedRun ended_run(std::uint8_t number = 1, record::RunState state = record::RunState::completed) {
    EndedRun run{.start = {.header = {.run = run_id(number), .at = {1'736'432'595'000'042}, .n = 0}, .stage = "fit"},
                 .end = {.header = {.run = run_id(number), .at = {1'736'432'607'450'042}, .n = 1}, .state = state, .duration_seconds = 12.45},
                 .facts = {},
                 .metrics = {}};
    return run;
}

}  // namespace runlake::observe::test
