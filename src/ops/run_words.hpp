// SPDX-License-Identifier: Apache-2.0
// Words of the form name=value, as `run`, `log` and others take them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::ops {

// Splits at the first '='. Errc::usage without one or without a name; `what` is the option, for the message. Names are 1 to 250 bytes of UTF-8 without control characters.
core::Result<std::pair<std::string, std::string>> split_word(std::string_view word, std::string_view what);

// A value as a plain YAML scalar: null, bool, integer, float, else text; in single or double quotes it is text as YAML reads it. What no JSON number can hold is text.
core::Json typed_value(std::string_view text);

// All words as an object: values typed, or all text (tags). Errc::usage for a name given twice.
core::Result<core::Json> typed_words(const std::vector<std::string>& words, std::string_view what);
core::Result<core::Json> text_words(const std::vector<std::string>& words, std::string_view what);

}  // namespace runlake::ops
