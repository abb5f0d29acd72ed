// SPDX-License-Identifier: Apache-2.0
// What the commands over jobs have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "cli/render/style.hpp"
#include "ops/job_list.hpp"

namespace runlake::cli {

inline constexpr Argument k_job_argument{.name = "ID", .help = "the job's id, or the beginning of it"};
inline constexpr Option k_experiment_filter{.names = "--experiment", .value = "E###", .help = "only jobs of this experiment"};

render::Tone job_tone(std::string_view status);
// Says on stderr which jobs could not be read.
void say_left_out(Invocation& inv, const std::vector<jobs::LeftOut>& left_out);
// A value as a table shows it: a text as it is, anything else as JSON, "-" for nothing.
std::string value_text(const core::Json* value);

}  // namespace runlake::cli
