// SPDX-License-Identifier: Apache-2.0
// The knobs that make a kind of program repeatable, as far as its makers say so (docs/guide/replay.md, "Presets").
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/json.hpp"

namespace runlake::replay {

// A variable of a preset; "{threads}" as value is the thread count.
struct PresetVariable {
    std::string_view name;
    std::string_view value;
};

struct Preset {
    std::string_view name;
    std::span<const PresetVariable> variables;
    std::string_view parameters;      // JSON; "{threads}" as in variables
};

std::span<const Preset> presets();
// Nothing when there is none of that name.
const Preset* find_preset(std::string_view name);

}  // namespace runlake::replay
