// SPDX-License-Identifier: Apache-2.0
// Counts over all runs in Prometheus' text format 0.0.4: a pure function.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace runlake::observe {

// What is counted for one (tenant, stage, state).
struct StageCount {
    std::string tenant;             // "" for none
    std::string stage;
    std::string state;
    std::int64_t runs = 0;
    double duration_seconds = 0;    // sum over ended runs
    std::int64_t rows_in = 0;
    std::int64_t rows_out = 0;
    std::int64_t llm_calls = 0;
    std::int64_t tokens = 0;
    std::optional<double> last_finished;  // unix seconds
};

struct MetricsPage {
    std::vector<StageCount> counts;   // any order; written sorted
    std::uint64_t lost_records = 0;
    std::string version;
};

// Families runlake_runs_total, runlake_runs_running, runlake_run_duration_seconds_sum|_count (a summary), runlake_rows_in_total, ..., runlake_last_finished_timestamp_seconds,
// runlake_lost_records_total, runlake_build_info. Labels are escaped; equal input gives equal bytes.
std::string to_prometheus(const MetricsPage& page);

}  // namespace runlake::observe
