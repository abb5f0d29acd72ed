// SPDX-License-Identifier: Apache-2.0
// `job list`, and what it and `job show` and `job batches` tell of a job.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/batch.hpp"
#include "jobs/execution.hpp"
#include "jobs/run_store.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct JobFilter {
    std::optional<std::string> experiment;
    std::optional<std::string> hypothesis;
    std::vector<std::string> statuses;          // any of them; empty: all
    std::vector<std::string> words;             // --sp: typed, compared by value; names of nested members with dots
};

// What a job is shown as: `abandoned` for one whose runner and program have gone, though its document says `running`; a word that is no status as it is.
std::string shown_status(const jobs::RunStore& store, const jobs::Job& job);

struct ListedJob {
    jobs::Job job;
    std::string status;                         // as shown
    std::string folder;                         // as shown
};
struct JobListRequest {
    record::Store store;
    JobFilter filter;
};
struct JobListResponse {
    std::vector<ListedJob> jobs;                // by id
    std::vector<jobs::LeftOut> left_out;        // damaged ones, whatever the filter
};
// Errc::not_found: there is no run store.
core::Result<JobListResponse> job_list(const JobListRequest& request);
core::Json to_json(const JobListResponse& response);
core::Json to_json(const ListedJob& job);

struct JobBatchesResponse {
    std::vector<jobs::Batch> batches;           // statuses as shown
    std::vector<jobs::LeftOut> left_out;
};
core::Result<JobBatchesResponse> job_batches(const record::Store& store, const std::optional<std::string>& experiment);
core::Json to_json(const JobBatchesResponse& response);

}  // namespace runlake::ops
