// SPDX-License-Identifier: Apache-2.0
// One side of the parity question P0: what is known of where and with what a value was made, as named dimensions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::replay {

// What a dimension's value is when a record says that there is nothing of it (no inputs were declared): known, so it can be equal.
inline constexpr std::string_view k_none = "none";

// Dimension -> value. A dimension that is not known is not in it; never "".
// Names used by the built-in policy: build_sha, instance_type, image, inputs, config, libraries, packages, toolchain, system, gpu, settings, cpu_flags, cpu_microcode,
// kernel, libc. "<name>_fallback" is compared when neither side knows <name> (instance_type, image). Others are free ("feature_version").
using Provenance = std::map<std::string, std::string, std::less<>>;

// What an environment document (fingerprint/environment.hpp, "environment/1") says, as dimensions: one digest a group, and instance_type_fallback
// (vendor, product, processor, count) and image_fallback (toolchain, libraries, packages). A group with a value in the state "unknown" has no digest: it is neither equal
// to another nor different.
// Errc::corrupt when it is no such document.
core::Result<Provenance> provenance_of(const core::Json& environment_document);
core::Result<Provenance> parse_environment(std::string_view text);   // the same from a file's text

// The end of a code reference whose tree is not known: it may differ from another by its commit, and is never equal to any (parity.hpp).
inline constexpr std::string_view k_dirty_unknown = "+dirty.unknown";

// A name that a dimension may have: [a-z][a-z0-9_]*, at most 64.
bool is_dimension_name(std::string_view name);

}  // namespace runlake::replay
