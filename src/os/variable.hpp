// SPDX-License-Identifier: Apache-2.0
// The variables of this process's environment by which programs started from here find their parent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace runlake::os {

enum class Variable : std::uint8_t { run_id, traceparent };  // RUNLAKE_RUN_ID, TRACEPARENT

// Sets it, or takes it away. Its text is changed in place: setenv() keeps every value that it was ever given, which a process of a million runs would feel. For one thread at a
// time, as setenv().
void set_variable(Variable which, const std::optional<std::string>& value);

}  // namespace runlake::os
