// SPDX-License-Identifier: Apache-2.0
// config_hash: one value for what a configuration file says, not for how it is written. Recipe: docs/formats/fingerprints.md.
#pragma once

#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::fingerprint {

// "config/1:<64 hex>" of a file. Names that end in .json, .yaml or .yml are read as such: order of keys, comments, layout and the choice between the two do not
// matter, 1 and 1.0 differ. A file that can't be read so, and every other one, is hashed by its bytes (tagged, so that it never equals a parsed one).
// Errc::not_found when there is no such file (an empty one has a hash), io when it can't be read, unsupported for a folder or device.
core::Result<std::string> config_hash(const std::string& path);

// The same of a value and of text that is at hand; `name` decides how the text is read.
std::string config_hash_of(const core::Json& value);
std::string config_hash_text(std::string_view text, std::string_view name);

}  // namespace runlake::fingerprint
