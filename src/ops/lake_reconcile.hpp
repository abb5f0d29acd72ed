// SPDX-License-Identifier: Apache-2.0
// `lake reconcile`: makes the lake say what the files of all runs say.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/reconcile.hpp"
#include "os/stop_signal.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct LakeReconcileRequest {
    record::Store store;
    std::vector<std::string> logs_dirs;  // none: the folder of logs that `lake paths` shows, when it is there
    bool prune = false;
    bool dry_run = false;
    bool full = false;
    std::optional<unsigned> jobs;
    const os::StopSignal* stop = nullptr;  // ends it between two pieces of work: Errc::interrupted
    std::function<void(const lake::ReconcileProgress&)> progress;
};
struct LakeReconcileResponse {
    std::string database;
    bool dry_run = false;
    lake::ReconcileReport report;
    double seconds = 0;
};
// Errc::not_found: a folder of logs is none. Errc::busy: another process has the lake. Errc::interrupted: the stop signal came; what was committed until then stays.
core::Result<LakeReconcileResponse> lake_reconcile(const LakeReconcileRequest& request);
core::Json to_json(const LakeReconcileResponse& response);

}  // namespace runlake::ops
