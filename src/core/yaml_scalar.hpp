// SPDX-License-Identifier: Apache-2.0
// What a plain YAML scalar means by the core schema of YAML 1.2.
#pragma once

#include <optional>
#include <string_view>

#include "core/json.hpp"

namespace runlake::core {

// The value of a plain scalar: bool, integer, float or else the text itself; nothing for a number that no 64-bit integer in
// hexadecimal or octal, or no double, can hold. (Null is told apart by the parser.)
std::optional<Json> resolve_yaml_scalar(std::string_view text);

}  // namespace runlake::core
