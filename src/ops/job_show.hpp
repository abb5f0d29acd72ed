// SPDX-License-Identifier: Apache-2.0
// `job show`: all that is known of one job here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/execution.hpp"
#include "ops/job_list.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct JobShowResponse {
    ListedJob job;
    jobs::Life life = jobs::Life::idle;
    jobs::Own own;
    std::vector<std::string> logs;             // of its latest run, relative to the project's root where they lie inside; those that are there
    std::optional<std::string> error;          // why it did not complete
    std::optional<std::string> stderr_tail;
};
core::Result<JobShowResponse> job_show(const record::Store& store, const std::string& id);
core::Json to_json(const JobShowResponse& response);

std::string_view life_name(jobs::Life life);

}  // namespace runlake::ops
