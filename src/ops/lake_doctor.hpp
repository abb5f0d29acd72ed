// SPDX-License-Identifier: Apache-2.0
// `lake doctor`: why runs are missing from the lake, why an export is stale, why a dashboard stops, why two roots drift; and which command is next. Reads only.
#pragma once

#include "core/result.hpp"
#include "ops/doctor.hpp"
#include "os/stop_signal.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct LakeDoctorRequest {
    record::Store store;
    std::vector<std::string> logs_dirs;        // where runs are expected; none: where `lake reconcile` looks
    const os::StopSignal* stop = nullptr;
};

// Areas: "roots", "lake", "runs", "files", "export", "dashboard", "references", "durability", each with at least one finding. What can't be looked at is a finding; only Errc::usage (roots), not_found (a
// folder of logs that was named) and interrupted end it.
core::Result<DoctorResponse> lake_doctor(const LakeDoctorRequest& request);

}  // namespace runlake::ops
