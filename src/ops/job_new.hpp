// SPDX-License-Identifier: Apache-2.0
// `job new`: the job of a state point, made when it is not there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/run_store.hpp"

namespace runlake::ops {

struct JobNewRequest {
    std::optional<std::string> store;                // --store
    std::optional<std::string> experiment;
    std::optional<std::string> hypothesis;
    std::optional<std::string> sub_hypothesis;
    std::vector<std::string> words;                  // --sp
    bool commit = true;
    std::optional<std::string> state_point;          // the text of a JSON object: taken as it is
};
struct JobNewResponse {
    jobs::Job job;
    bool is_new = false;
    std::string shown_folder;
    std::vector<std::string> notes;                  // for people, on stderr
};
// Errc::usage: neither an experiment nor a state point, or both a state point and words for one; see StatePointMaker.
core::Result<JobNewResponse> job_new(const JobNewRequest& request);
core::Json to_json(const JobNewResponse& response);

}  // namespace runlake::ops
