// SPDX-License-Identifier: Apache-2.0
// The values that dvc.yaml may name in "${...}", and their interpolation.
#pragma once

#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::pipeline {

// Members of `more` put into `base`, mappings into mappings.
void merge_values(core::Json& base, const core::Json& more);

// A text with its "${...}" replaced. A text that is nothing but one of them is the value itself, of whatever kind. "\${" stands for "${". Errc::usage: a name that no value
// has, a mapping or list inside of a text.
core::Result<core::Json> interpolate(std::string_view text, const core::Json& values);
// The same for a command: a mapping becomes options, "--name value" each.
core::Result<std::string> interpolate_command(std::string_view text, const core::Json& values);
// As Python writes it in a text: "true", "0.1", "1e-05".
core::Result<std::string> dvc_text(const core::Json& value);

// Values of a file of params: YAML or JSON. Errc::unsupported for TOML and Python.
core::Result<core::Json> read_values(const std::string& path);

}  // namespace runlake::pipeline
