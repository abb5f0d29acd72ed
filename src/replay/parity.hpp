// SPDX-License-Identifier: Apache-2.0
// P0: whether the replay and the canonical value were made under the same conditions, dimension by dimension, by a versioned policy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "replay/provenance.hpp"

namespace runlake::replay {

enum class ParityState : std::uint8_t { equal, differs, unverifiable };
std::string_view parity_name(ParityState state);
std::optional<ParityState> parse_parity(std::string_view name);

enum class Weight : std::uint8_t { strict, informational };

struct PolicyDimension {
    std::string name;
    Weight weight = Weight::strict;
    bool operator==(const PolicyDimension&) const = default;
};

// Which dimensions count. It is part of every verdict.
struct ParityPolicy {
    std::string id = "runlake/1";                 // name and version; "custom" plus a digest when a spec changes it
    std::vector<PolicyDimension> dimensions;      // by name
    bool operator==(const ParityPolicy&) const = default;
};
// Strict: build_sha, instance_type, image, inputs, libraries, packages. All of them are recorded for every run, also on a laptop.
ParityPolicy default_policy();
// The default with dimensions added or moved; its id says so.
ParityPolicy policy_with(const std::vector<std::string>& strict, const std::vector<std::string>& informational);

enum class DimensionState : std::uint8_t { equal, differs, missing };
std::string_view dimension_name(DimensionState state);

struct DimensionResult {
    std::string name;
    Weight weight = Weight::strict;
    DimensionState state = DimensionState::missing;
    std::optional<std::string> replay;            // the values compared
    std::optional<std::string> canonical;
    std::string compared;                         // name of the dimension whose values were compared: "image" or "image_fallback"
    bool operator==(const DimensionResult&) const = default;
};

struct Parity {
    ParityState state = ParityState::unverifiable;
    std::vector<DimensionResult> dimensions;      // by name; informational ones never decide
};

// Tri-state over the strict dimensions: one that differs beats any number of missing ones; a value missing on both sides is missing, never equal; a policy without
// a strict dimension verifies nothing.
Parity probe_parity(const Provenance& replay, const Provenance& canonical, const ParityPolicy& policy);

// What is known besides speaks against a dimension that looks equal: it is missing then, and the state follows. One that differs stays so.
void doubt(Parity& parity, std::string_view dimension);

core::Json to_json(const ParityPolicy& policy);
core::Json to_json(const Parity& parity);         // {"<name>": {"state": ..., "weight": ..., "replay": ..., "canonical": ..., "compared": ...}}

}  // namespace runlake::replay
