// SPDX-License-Identifier: Apache-2.0
// The key of a stage: one digest over everything its result depends on, with the components it was made from, so that two keys can be explained.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::rundir {

enum class ComponentKind : std::uint8_t { stage, command, param, env, dimension, code, input, output };  // input: a read, by logical name and content digest; output: a declared write (template resolved)
std::string_view component_kind_name(ComponentKind kind);

struct KeyComponent {
    ComponentKind kind;
    std::string name;                       // "learning_rate", "workspace:data/yields.csv", "src/fit.py", "argv"
    std::optional<std::string> value;       // text or "<recipe>:<hex>"; absent is not empty
    auto operator<=>(const KeyComponent&) const = default;
};

inline constexpr std::string_view k_stage_key_recipe = "stage/1";

struct StageKey {
    std::string recipe;                     // "stage/1"
    core::Digest key;
    std::vector<KeyComponent> components;   // by kind and name
};
// The order given does not matter. Two components of one kind and name: Errc::usage. Components are stored beside the key: values of commands, params and env that the
// redactor would not let through are replaced by "hidden/1:<digest>", so that their change still changes the key.
core::Result<StageKey> make_stage_key(std::vector<KeyComponent> components);
// The key of components that are in order and hold what is stored.
core::Digest hash_components(std::string_view recipe, const std::vector<KeyComponent>& components);
core::Json to_json(const std::vector<KeyComponent>& components);
core::Result<std::vector<KeyComponent>> parse_components(const core::Json& json, std::string_view what);

struct ComponentChange {
    ComponentKind kind;
    std::string name;
    bool was_there = true;
    bool is_there = true;
    std::optional<std::string> before;
    std::optional<std::string> after;
};
// What differs, by kind and name; empty when both are equal.
std::vector<ComponentChange> compare(const std::vector<KeyComponent>& before, const std::vector<KeyComponent>& after);

}  // namespace runlake::rundir
