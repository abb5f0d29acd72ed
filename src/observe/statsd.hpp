// SPDX-License-Identifier: Apache-2.0
// Ended runs as StatsD lines with DogStatsD tags, packed into datagrams.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "observe/run_feed.hpp"

namespace runlake::observe {

// For each run: "runlake.runs:1|c", "runlake.run.duration:<ms>|ms", and "runlake.run.rows_out:<n>|c" and kin for the counters that are known, each tagged with
// stage, state and tenant. Characters that the protocol uses become '_'. Datagrams hold whole lines and at most 1,432 bytes, so that none is fragmented on Ethernet.
std::vector<std::string> to_statsd(std::span<const EndedRun> runs);

// Sends datagrams to "host:port" (port 8125 when left out). UDP tells nobody whether they arrived: only an address that can't be resolved or reached locally is an error.
core::Status send_statsd(const std::string& address, std::span<const std::string> datagrams);

}  // namespace runlake::observe
