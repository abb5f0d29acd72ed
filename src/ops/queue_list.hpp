// SPDX-License-Identifier: Apache-2.0
// `queue list`: what is queued and what runs, in the order in which it was queued.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/execution.hpp"
#include "jobs/queue_order.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct QueueListRequest {
    record::Store store;
    jobs::QueueFilter filter;
};
struct QueueRow {
    jobs::QueuedJob job;
    jobs::Ready ready;                     // of one that is queued
    jobs::Life life = jobs::Life::idle;    // of one that runs
};
struct QueueListResponse {
    std::vector<QueueRow> jobs;
    std::vector<std::string> notes;
};
core::Result<QueueListResponse> queue_list(const QueueListRequest& request);
core::Json to_json(const QueueListResponse& response);

// What keeps a queued job, or is the matter with a running one, in a few words; "" for nothing.
std::string remark(const QueueRow& row);

}  // namespace runlake::ops
