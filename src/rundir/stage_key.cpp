// SPDX-License-Identifier: Apache-2.0
// Components of a stage's key: their order, their hash, their JSON and what differs between two lists.
#include "rundir/stage_key.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "core/redact.hpp"
#include "core/text.hpp"

namespace runlake::rundir {
namespace {

constexpr std::array<std::string_view, 8> k_kinds = {"stage", "command", "param", "env", "dimension", "code", "input", "output"};
// Stands before the digest of a value that the redactor would not let through.
constexpr std::string_view k_hidden = "hidden/1:";

std::optional<ComponentKind> kind_of(std::string_view name) {
    for (std::size_t i = 0; i < k_kinds.size(); ++i) {
        if (k_kinds[i] == name) { return static_cast<ComponentKind>(i); }
    }
    return std::nullopt;
}

bool same_place(const KeyComponent& a, const KeyComponent& b) { return a.kind == b.kind && a.name == b.name; }
bool before_place(const KeyComponent& a, const KeyComponent& b) { return std::tie(a.kind, a.name) < std::tie(b.kind, b.name); }

// Components are stored: what must not be written is replaced by its digest, so that a change of it still changes the key.
void hide_secret(KeyComponent& component) {
    if (component.kind != ComponentKind::command && component.kind != ComponentKind::param && component.kind != ComponentKind::env) { return; }
    if (!component.value || component.value->empty()) { return; }
    if (!core::is_secret_name(component.name) && core::redact_text(*component.value) == *component.value) { return; }
    component.value = core::cat(k_hidden, core::FieldHash(k_hidden).field("value", *component.value).finish().hex());
}

}  // namespace

std::string_view component_kind_name(ComponentKind kind) { return k_kinds.at(static_cast<std::size_t>(kind)); }

core::Digest hash_components(std::string_view recipe, const std::vector<KeyComponent>& components) {
    core::FieldHash hash(recipe);
    for (const KeyComponent& component : components) {
        hash.field("kind", component_kind_name(component.kind)).field("name", component.name).field("value", component.value);
    }
    return hash.finish();
}

core::Result<StageKey> make_stage_key(std::vector<KeyComponent> components) {
    for (KeyComponent& component : components) { hide_secret(component); }
    std::sort(components.begin(), components.end());
    const auto twice = std::adjacent_find(components.begin(), components.end(), same_place);
    if (twice != components.end()) {
        return core::Error(core::Errc::usage, core::cat("making a stage key: ", component_kind_name(twice->kind), " \"", twice->name, "\" is given twice"));
    }
    const core::Digest key = hash_components(k_stage_key_recipe, components);
    return StageKey{.recipe = std::string(k_stage_key_recipe), .key = key, .components = std::move(components)};
}

core::Json to_json(const std::vector<KeyComponent>& components) {
    core::Json list = core::Json::array();
    for (const KeyComponent& component : components) {
        core::Json one = core::Json::object();
        one.set("kind", component_kind_name(component.kind)).set("name", component.name).set("value", component.value);
        list.push(std::move(one));
    }
    return list;
}

core::Result<std::vector<KeyComponent>> parse_components(const core::Json& json, std::string_view what) {
    const auto refuse = [&](std::string_view why) { return core::Error(core::Errc::corrupt, core::cat("reading ", what, ": the components of the key ", why)); };
    const core::JsonArray* const list = json.as_array();
    if (list == nullptr) { return refuse("are no list"); }
    std::vector<KeyComponent> components;
    components.reserve(list->size());
    for (const core::Json& one : *list) {
        const std::optional<std::string> kind_name = one.string_at("kind");
        const std::optional<ComponentKind> kind = kind_name ? kind_of(*kind_name) : std::nullopt;
        const std::optional<std::string> name = one.string_at("name");
        const core::Json* const value = one.find("value");
        if (!kind || !name || value == nullptr || (!value->is_null() && !value->is_string())) { return refuse("hold one that is none"); }
        KeyComponent component{.kind = *kind, .name = *name, .value = std::nullopt};
        if (value->is_string()) { component.value = *value->as_string(); }
        if (!components.empty() && !before_place(components.back(), component)) { return refuse("are not in order, each once"); }
        components.push_back(std::move(component));
    }
    return components;
}

std::vector<ComponentChange> compare(const std::vector<KeyComponent>& before, const std::vector<KeyComponent>& after) {
    std::vector<ComponentChange> changes;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < before.size() || j < after.size()) {
        if (j == after.size() || (i < before.size() && before_place(before[i], after[j]))) {
            changes.push_back({before[i].kind, before[i].name, true, false, before[i].value, std::nullopt});
            ++i;
        } else if (i == before.size() || before_place(after[j], before[i])) {
            changes.push_back({after[j].kind, after[j].name, false, true, std::nullopt, after[j].value});
            ++j;
        } else {
            if (before[i].value != after[j].value) { changes.push_back({before[i].kind, before[i].name, true, true, before[i].value, after[j].value}); }
            ++i;
            ++j;
        }
    }
    return changes;
}

}  // namespace runlake::rundir
