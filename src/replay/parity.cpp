// SPDX-License-Identifier: Apache-2.0
// Compares two provenances by a policy.
#include "replay/parity.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/text.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

const std::string* value_of(const Provenance& provenance, std::string_view name) {
    const auto found = provenance.find(name);
    return found == provenance.end() || found->second.empty() ? nullptr : &found->second;
}

std::string_view commit_of(std::string_view code_ref) { return code_ref.substr(0, code_ref.find('+')); }

DimensionState compare(std::string_view replay, std::string_view canonical) {
    // A tree that is not known may be told from another by its commit, and is equal to none.
    if (replay.ends_with(k_dirty_unknown) || canonical.ends_with(k_dirty_unknown)) {
        return commit_of(replay) == commit_of(canonical) ? DimensionState::missing : DimensionState::differs;
    }
    return replay == canonical ? DimensionState::equal : DimensionState::differs;
}

DimensionResult result_of(const PolicyDimension& dimension, const Provenance& replay, const Provenance& canonical) {
    DimensionResult result{.name = dimension.name, .weight = dimension.weight, .state = DimensionState::missing, .replay = {}, .canonical = {}, .compared = dimension.name};
    const std::string fallback = dimension.name + "_fallback";
    const std::string* left = value_of(replay, dimension.name);
    const std::string* right = value_of(canonical, dimension.name);
    const std::string* left_fallback = value_of(replay, fallback);
    const std::string* right_fallback = value_of(canonical, fallback);
    if ((left == nullptr || right == nullptr) && left_fallback != nullptr && right_fallback != nullptr) {
        left = left_fallback;
        right = right_fallback;
        result.compared = fallback;
    }
    if (left != nullptr && right != nullptr) { result.state = compare(*left, *right); }
    // A fallback on one side alone is compared with nothing, and still worth telling.
    if (left == nullptr) { left = left_fallback; }
    if (right == nullptr) { right = right_fallback; }
    if (left != nullptr) { result.replay = *left; }
    if (right != nullptr) { result.canonical = *right; }
    return result;
}

ParityState state_of(const std::vector<DimensionResult>& dimensions) {
    bool missing = false;
    bool any = false;
    for (const DimensionResult& one : dimensions) {
        if (one.weight != Weight::strict) { continue; }
        if (one.state == DimensionState::differs) { return ParityState::differs; }
        any = true;
        missing = missing || one.state == DimensionState::missing;
    }
    return missing || !any ? ParityState::unverifiable : ParityState::equal;
}

}  // namespace

std::string_view parity_name(ParityState state) {
    switch (state) {
        case ParityState::equal: return "equal";
        case ParityState::differs: return "differs";
        case ParityState::unverifiable: break;
    }
    return "unverifiable";
}

std::optional<ParityState> parse_parity(std::string_view name) {
    for (const ParityState state : {ParityState::equal, ParityState::differs, ParityState::unverifiable}) {
        if (parity_name(state) == name) { return state; }
    }
    return std::nullopt;
}

std::string_view dimension_name(DimensionState state) {
    switch (state) {
        case DimensionState::equal: return "equal";
        case DimensionState::differs: return "differs";
        case DimensionState::missing: break;
    }
    return "missing";
}

ParityPolicy default_policy() {
    ParityPolicy policy;
    for (const std::string_view name : {"build_sha", "image", "inputs", "instance_type", "libraries", "packages"}) { policy.dimensions.push_back({std::string(name), Weight::strict}); }
    for (const std::string_view name : {"cpu_flags", "cpu_microcode", "gpu", "kernel", "libc", "settings", "system", "toolchain"}) {
        policy.dimensions.push_back({std::string(name), Weight::informational});
    }
    std::sort(policy.dimensions.begin(), policy.dimensions.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return policy;
}

ParityPolicy policy_with(const std::vector<std::string>& strict, const std::vector<std::string>& informational) {
    ParityPolicy policy = default_policy();
    const auto put = [&](const std::string& name, Weight weight) {
        const auto found = std::find_if(policy.dimensions.begin(), policy.dimensions.end(), [&](const PolicyDimension& one) { return one.name == name; });
        if (found != policy.dimensions.end()) {
            found->weight = weight;
        } else {
            policy.dimensions.push_back({name, weight});
        }
    };
    for (const std::string& name : strict) { put(name, Weight::strict); }
    for (const std::string& name : informational) { put(name, Weight::informational); }
    std::sort(policy.dimensions.begin(), policy.dimensions.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    if (policy == default_policy()) { return policy; }
    core::FieldHash hash("parity-policy/1");
    for (const PolicyDimension& one : policy.dimensions) { hash.field(one.name, one.weight == Weight::strict ? "strict" : "informational"); }
    policy.id = cat("runlake/1+custom.", hash.finish().hex().substr(0, 16));
    return policy;
}

Parity probe_parity(const Provenance& replay, const Provenance& canonical, const ParityPolicy& policy) {
    Parity parity;
    for (const PolicyDimension& dimension : policy.dimensions) { parity.dimensions.push_back(result_of(dimension, replay, canonical)); }
    std::sort(parity.dimensions.begin(), parity.dimensions.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    parity.state = state_of(parity.dimensions);
    return parity;
}

void doubt(Parity& parity, std::string_view dimension) {
    for (DimensionResult& one : parity.dimensions) {
        if (one.name == dimension && one.state == DimensionState::equal) { one.state = DimensionState::missing; }
    }
    parity.state = state_of(parity.dimensions);
}

Json to_json(const ParityPolicy& policy) {
    Json strict = Json::array();
    Json informational = Json::array();
    for (const PolicyDimension& one : policy.dimensions) { (one.weight == Weight::strict ? strict : informational).push(one.name); }
    Json json = Json::object();
    json.set("id", policy.id).set("strict", std::move(strict)).set("informational", std::move(informational));
    return json;
}

Json to_json(const Parity& parity) {
    Json json = Json::object();
    for (const DimensionResult& one : parity.dimensions) {
        Json entry = Json::object();
        entry.set("state", dimension_name(one.state)).set("weight", one.weight == Weight::strict ? "strict" : "informational");
        entry.set("replay", one.replay).set("canonical", one.canonical).set("compared", one.compared);
        json.set(one.name, std::move(entry));
    }
    return json;
}

}  // namespace runlake::replay
