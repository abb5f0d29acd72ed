// SPDX-License-Identifier: Apache-2.0
// The quick way to read JSON that is as it should be. For json_read.cpp alone.
#pragma once

#include <optional>
#include <string_view>

#include "core/json.hpp"

namespace runlake::core {

// What parse_json() gives for the text, or nothing: then the slow way reads it, which knows what is wrong and where, and numbers of any size.
std::optional<Json> read_json_fast(std::string_view text, int max_depth);

// The slow way alone, for tests that hold the two against each other.
Result<Json> read_json_slow(std::string_view text, std::string_view what, int max_depth);

}  // namespace runlake::core
