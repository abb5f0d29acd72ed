// SPDX-License-Identifier: Apache-2.0
// Inside rundir only: what planning and removal share.
#pragma once

#include <string>

#include "rundir/parts.hpp"

namespace runlake::rundir {

inline std::string trash_of(const std::string& base) { return base + "/.trash"; }

// Whether a living process holds a lease in it, or made it and still lives.
core::Result<bool> is_worked_in(const RunDir& run_dir);

}  // namespace runlake::rundir
