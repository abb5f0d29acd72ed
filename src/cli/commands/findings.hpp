// SPDX-License-Identifier: Apache-2.0
// How `doctor` and `lake doctor` show what they found.
#pragma once

#include "cli/command.hpp"
#include "ops/doctor.hpp"

namespace runlake::cli {

// The exit status: 1 when there is a problem among them.
int print_findings(Invocation& inv, const ops::DoctorResponse& response, core::Json store_dir);

}  // namespace runlake::cli
