// SPDX-License-Identifier: Apache-2.0
// Batches: the jobs of one experiment that share a condition; and comparing what a user typed with values of state points.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "jobs/run_store.hpp"
#include "jobs/status.hpp"

namespace runlake::jobs {

// What a state point has under `name`: a key, or a path of keys with dots between.
const core::Json* value_at(const core::Json& state_point, std::string_view name);
// Whether two values are the same to a user: equal, or numbers of equal value (1 and 1.0).
bool same_value(const core::Json& a, const core::Json& b);
// Whether a state point has every member of a selector (an object), compared by same_value.
bool matches(const core::Json& state_point, const core::Json& selector);

// The experiment that a job belongs to: of its link, else of its state point.
std::optional<std::string> experiment_of(const Job& job);
std::optional<std::string> hypothesis_of(const Job& job);

// "<hypothesis or _>/<experiment>/<condition or the first 8 of the id>": the group under which trackers show the job.
std::string batch_slug(const Job& job);

struct Batch {
    std::string experiment;
    core::Json selector = core::Json::object();          // {"condition": ...}, empty for jobs without one
    std::vector<core::JobId> jobs;                       // by id
    std::map<std::string, std::size_t> statuses;         // how many jobs are in which
    std::string slug;                                    // "" when the jobs' differ
};
// By experiment, then by condition. Jobs that belong to no experiment are in none.
std::vector<Batch> batches(const std::vector<Job>& jobs);

}  // namespace runlake::jobs
