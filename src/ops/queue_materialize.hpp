// SPDX-License-Identifier: Apache-2.0
// `queue materialize`: the queue as a script.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/queue_order.hpp"
#include "jobs/queue_script.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct QueueMaterializeRequest {
    record::Store store;
    jobs::QueueFilter filter;
    jobs::ScriptKind kind = jobs::ScriptKind::shell;
    std::string output = "run_queue.sh";
    std::vector<std::string> slurm;        // options of sbatch, without dashes
};
struct QueueMaterializeResponse {
    std::string path;                      // absolute
    std::vector<core::JobId> jobs;
    std::vector<std::string> left;         // why a job is not in it
    std::vector<std::string> notes;
};
// A script that is there is replaced only when Runlake made it: else Errc::conflict.
core::Result<QueueMaterializeResponse> queue_materialize(const QueueMaterializeRequest& request);
core::Json to_json(const QueueMaterializeResponse& response);

}  // namespace runlake::ops
