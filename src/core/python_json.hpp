// SPDX-License-Identifier: Apache-2.0
// JSON as Python's json module reads and writes it: with NaN, Infinity and -Infinity, which no JSON has and files of Python programs do.
#pragma once

#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::core {

// As parse_json(), but takes the three words for floats.
Result<Json> parse_python_json(std::string_view text, std::string_view what, int max_depth = 200);

// As python_json(): json.dumps(value), with the three words for what is not finite. Errc::usage: a text is not valid UTF-8.
Result<std::string> write_python_json(const Json& value);

}  // namespace runlake::core
