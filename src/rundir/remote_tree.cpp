// SPDX-License-Identifier: Apache-2.0
// Names of objects, told apart.
#include "rundir/remote_tree.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "rundir/parts.hpp"

namespace runlake::rundir {
namespace {

constexpr std::string_view k_stages = ".stages/";

bool is_record(std::string_view name) {
    if (name == "run.json" || name == "config_resolved.yaml" || name == "pinned") { return true; }
    const std::vector<std::string_view> parts = core::split(name, '/');
    return parts.size() == 3 && parts[0] == "attempts" && core::parse_integer(parts[1]).value_or(0) > 0 && parts[2] == "config_train.yaml";
}

}  // namespace

std::optional<ResultObject> parse_result_object(std::string_view name) {
    if (!name.starts_with(k_stages) || !is_tree_path(name)) { return std::nullopt; }
    const std::vector<std::string_view> parts = core::split(name, '/');
    if (parts.size() < 4) { return std::nullopt; }
    ResultObject object{.which = {.stage = std::string(parts[1]), .instance = std::string(parts[2])}, .key = std::nullopt, .rest = {}};
    if (!check_instance(object.which).ok()) { return std::nullopt; }
    if (parts.size() == 4) {
        if (parts[3] != "current") { return std::nullopt; }
        object.rest = "current";
        return object;
    }
    const core::Result<core::Digest> key = core::Digest::parse(parts[3]);
    if (!key.ok()) { return std::nullopt; }
    object.key = key.value();
    object.rest = name.substr(static_cast<std::size_t>(parts[4].data() - name.data()));
    if (object.rest != "DONE.json" && object.rest != "manifest.json" && !object.rest.starts_with("out/")) { return std::nullopt; }
    return object;
}

RemoteTree sort_objects(ObjectList objects) {
    RemoteTree tree;
    std::map<std::pair<StageInstance, core::Digest>, std::vector<std::string>> found;
    for (const auto& [name, bytes] : objects) {
        if (name.starts_with(k_remote_lock_prefix)) {
            tree.locks.push_back(name);
            continue;
        }
        if (is_record(name)) {
            tree.records.push_back(name);
        } else if (std::optional<ResultObject> object = parse_result_object(name)) {
            tree.empty = false;
            if (object->key) {
                found[{object->which, *object->key}].push_back(name);
            } else {
                tree.currents.push_back(name);
            }
        } else {
            tree.empty = false;
            continue;
        }
        tree.all.emplace(name, bytes);
    }
    for (auto& [result, names] : found) {
        if (tree.has(result_prefix(result.first, result.second) + "DONE.json")) { tree.results.emplace(result, std::move(names)); }
    }
    return tree;
}

std::string instance_prefix(const StageInstance& which) { return core::cat(k_stages, which.stage, '/', which.instance, '/'); }
std::string result_prefix(const StageInstance& which, const core::Digest& key) { return core::cat(instance_prefix(which), key.hex(), '/'); }

}  // namespace runlake::rundir
