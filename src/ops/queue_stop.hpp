// SPDX-License-Identifier: Apache-2.0
// `queue stop`, `queue remove` and `queue clear`: jobs are taken off the queue, and what runs is ended first.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/queue_order.hpp"
#include "ops/queue_end.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct QueueStopRequest {
    record::Store store;
    std::vector<std::string> jobs;   // ids or prefixes
    bool force = false;
    std::optional<std::chrono::seconds> grace;   // between TERM and KILL
    Say say;
};
struct QueueEndResponse {
    std::vector<EndedQueued> ended;
    std::vector<core::Error> refused;    // of jobs that were left as they are
};
// Errc::not_found, Errc::usage: a job that can't be told; nothing was done. What is refused of several is in the response.
core::Result<QueueEndResponse> queue_stop(const QueueStopRequest& request);

struct QueueRemoveRequest {
    record::Store store;
    std::vector<std::string> jobs;
    Say say;
};
// Errc::conflict: it runs (`queue stop` ends it). Those that had ended stay as they are.
core::Result<QueueEndResponse> queue_remove(const QueueRemoveRequest& request);

struct QueueClearRequest {
    record::Store store;
    jobs::QueueFilter filter;
    bool force = false;
    std::optional<std::chrono::seconds> grace;
    Say say;
    std::function<bool(std::size_t queued, std::size_t running)> confirm;   // false: nothing is done
};
struct QueueClearResponse {
    QueueEndResponse done;
    bool declined = false;
};
core::Result<QueueClearResponse> queue_clear(const QueueClearRequest& request);

core::Json to_json(const QueueEndResponse& response);

}  // namespace runlake::ops
