// SPDX-License-Identifier: Apache-2.0
// The command of an experiment with the job's values put in: {job_id}, {sp_json}, {sp_json_shell} and every key of the state point.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "jobs/run_store.hpp"

namespace runlake::jobs {

// Replaces {name}: `sp_json` (compact JSON, keys sorted), `sp_json_shell` (the same as one word of a shell), `job_id`, or a key of the state point as Python's str() writes it. Unknown
// names and ${name} stay as they are.
core::Result<std::string> fill_command(std::string_view text, const Job& job);


}  // namespace runlake::jobs
