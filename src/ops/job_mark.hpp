// SPDX-License-Identifier: Apache-2.0
// `job mark`: says how a job ended that was run by other means; `link`: says to which experiment one belongs.
#pragma once

#include <optional>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/run_store.hpp"
#include "jobs/status.hpp"
#include "ops/job_end.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct JobMarkRequest {
    record::Store store;
    std::string id;
    jobs::JobStatus status = jobs::JobStatus::complete;   // terminal
    bool force = false;                                   // although it has ended otherwise, or is being run
    Say say;
};
struct JobMarkResponse {
    core::JobId id;
    std::string before;                                   // as shown
    jobs::JobStatus status = jobs::JobStatus::complete;
    bool changed = false;                                 // false: it was so already
};
// Errc::conflict: it has ended otherwise. Errc::busy: it is being run.
core::Result<JobMarkResponse> job_mark(const JobMarkRequest& request);
core::Json to_json(const JobMarkResponse& response);

struct LinkRequest {
    record::Store store;
    std::string id;
    std::string experiment;
    std::optional<std::string> hypothesis;
    std::optional<std::string> sub_hypothesis;
    Say say;
};
struct LinkResponse {
    jobs::Job job;
    bool changed = false;
    std::optional<std::string> note;                      // there is no note of that experiment
};
core::Result<LinkResponse> link(const LinkRequest& request);
core::Json to_json(const LinkResponse& response);

}  // namespace runlake::ops
