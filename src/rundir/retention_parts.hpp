// SPDX-License-Identifier: Apache-2.0
// Inside rundir only: what planning and removal share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rundir/parts.hpp"
#include "rundir/retention.hpp"

namespace runlake::rundir {

inline std::string trash_of(const std::string& base) { return base + "/.trash"; }

// Whether a living process holds a lease in it, or made it and still lives.
core::Result<bool> is_worked_in(const RunDir& run_dir);

// A run directory to judge: where it, or a copy of its records, lies, and what it is called.
struct GcLook {
    std::string path;
    std::string shown;
    std::optional<std::uint64_t> bytes;   // none: measured in `path`
    std::string busy;                     // why it must stay as it is now: "" when nothing says so
};
core::Result<GcPlan> plan_dirs(const std::vector<GcLook>& dirs, const GcRules& rules, core::Timestamp now);

}  // namespace runlake::rundir
