// SPDX-License-Identifier: Apache-2.0
// Names of the files in a job's folder, as signac gives them.
#pragma once

#include <string_view>

namespace runlake::jobs {

inline constexpr std::string_view k_state_point_file = "signac_statepoint.json";
inline constexpr std::string_view k_document_file = "signac_job_document.json";
inline constexpr std::string_view k_making_prefix = ".new-";   // of a folder in the workspace in which a job is being made: ".new-<8 digits of its id>-<16 by chance>"

}  // namespace runlake::jobs
