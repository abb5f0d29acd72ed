// SPDX-License-Identifier: Apache-2.0
// Which runs a query is about: the filters that `runs list`, `runs export` and `runs watch` share, and the words they are written in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "runs/query_text.hpp"

namespace runlake::runs {

enum class Compare : std::uint8_t { equal, not_equal, less, less_or_equal, greater, greater_or_equal };

// "lr>0.1", "model=big", "rmse <= 0.3": a name, a comparison and what it is compared with.
struct Condition {
    std::string name;
    Compare compare = Compare::equal;
    std::string value;
    std::optional<double> number;   // of the value, when it is one
};

enum class ConditionOn : std::uint8_t { tag, param, metric };

// Operators: = == != < <= > >=. A tag can only be equal or not, a metric is always compared with a number, a parameter with a number unless it is
// (not) equal to a text. Errc::usage says what is wrong with the text.
core::Result<Condition> parse_condition(ConditionOn on, std::string_view text);

// A point in time: "2h", "30d" (that long before `now`), a date or a time as core::parse_iso reads them (without a zone: UTC).
core::Result<core::Timestamp> parse_point(std::string_view text, core::Timestamp now);

// A state that a user may ask for: one of record::RunState, or "unwatched". Errc::usage names the nearest.
core::Result<std::string> parse_shown_state(std::string_view text);

// All given parts must hold. Of several stages or states one must.
struct Filter {
    std::optional<std::string> tenant;
    std::vector<std::string> stages;       // names; with * ? or [ in it, a pattern
    std::vector<std::string> states;       // words of parse_shown_state
    std::vector<Condition> tags;
    std::vector<Condition> params;
    std::vector<Condition> metrics;        // final values; rows_in, rows_out, llm_calls, tokens and duration_seconds are the columns
    std::optional<core::Timestamp> since;  // started at or after
    std::optional<core::Timestamp> until;  // started before
};

// Runs whose stored state is `running` though their recorder is gone (runs/query_seen.hpp).
struct SeenRuns {
    std::vector<core::RunId> unwatched;
    std::vector<core::RunId> abandoned;
    bool empty() const { return unwatched.empty() && abandoned.empty(); }
    void sort();   // both are kept sorted
};

// " WHERE ..." over the alias r of `runs`, or "" when everything is wanted. States are those that are shown: a run in `seen` counts as what it is seen to be.
QueryText where_clause(const Filter& filter, const SeenRuns& seen);
// Whether the filter can only be answered when it is known which running runs are still alive.
bool asks_for_seen(const Filter& filter);

// An SQL expression, correlated with r.run_id: the last value that was said of a metric. Of equal times the greater count, then the greater value.
QueryText final_metric(std::string_view name);
// The column of `runs` that a metric's name stands for, or nothing.
std::optional<std::string_view> metric_column(std::string_view name);

}  // namespace runlake::runs
