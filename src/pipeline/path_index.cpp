// SPDX-License-Identifier: Apache-2.0
// Grows and searches the tree of declared writes.
#include "pipeline/path_index.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "fingerprint/glob.hpp"
#include "pipeline/paths.hpp"

namespace runlake::pipeline {

struct PathIndex::Search {
    std::vector<std::string_view> parts;

    void spread(std::vector<char>& active) const {
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (active[i] != 0 && parts[i] == "**") { active[i + 1] = 1; }
        }
    }
    std::vector<char> step(const std::vector<char>& active, std::string_view name) const {
        std::vector<char> next(parts.size() + 1, 0);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (active[i] == 0) { continue; }
            if (parts[i] == "**") {
                if (!name.starts_with('.')) { next[i] = 1; }
            } else if (part_matches(parts[i], name)) {
                next[i + 1] = 1;
            }
        }
        spread(next);
        return next;
    }
    // The only part that may come next, when it is a plain name.
    const std::string_view* only_name(const std::vector<char>& active) const {
        const std::string_view* only = nullptr;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (active[i] == 0) { continue; }
            if (only != nullptr || fingerprint::is_glob(parts[i])) { return nullptr; }
            only = &parts[i];
        }
        return only;
    }
};

PathIndex::PathIndex() : nodes_(1) {}

std::optional<std::size_t> PathIndex::first_at_or_below(std::size_t node) const {
    // Every node lies on the way to some write, so going down any child ends at one.
    while (nodes_[node].numbers.empty()) {
        if (nodes_[node].children.empty()) { return std::nullopt; }
        node = std::min_element(nodes_[node].children.begin(), nodes_[node].children.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->second;
    }
    return nodes_[node].numbers.front();
}

std::optional<std::size_t> PathIndex::add(std::string_view path, std::size_t number) {
    std::optional<std::size_t> overlap;
    std::size_t at = 0;
    bool is_new = false;
    for (const std::string_view part : core::split(without_slash(path), '/')) {
        if (!overlap && !nodes_[at].numbers.empty()) { overlap = nodes_[at].numbers.front(); }
        const auto [child, added] = nodes_[at].children.try_emplace(std::string(part), nodes_.size());
        at = child->second;
        is_new = added;
        if (added) { nodes_.emplace_back(); }
    }
    if (!overlap && !is_new) { overlap = first_at_or_below(at); }
    nodes_[at].numbers.push_back(number);
    if (path.ends_with('/')) { nodes_[at].folders.push_back(number); }
    return overlap;
}

void PathIndex::all_below(std::size_t node, std::vector<std::size_t>& found) const {
    std::vector<std::size_t> todo{node};
    while (!todo.empty()) {
        const Node& next = nodes_[todo.back()];
        todo.pop_back();
        found.insert(found.end(), next.numbers.begin(), next.numbers.end());
        for (const auto& child : next.children) { todo.push_back(child.second); }
    }
}

void PathIndex::find_plain(std::string_view path, std::vector<std::size_t>& found) const {
    std::size_t at = 0;
    for (const std::string_view part : core::split(path, '/')) {
        found.insert(found.end(), nodes_[at].folders.begin(), nodes_[at].folders.end());
        const auto child = nodes_[at].children.find(std::string(part));
        if (child == nodes_[at].children.end()) { return; }
        at = child->second;
    }
    all_below(at, found);
}

void PathIndex::find_pattern(const Search& search, std::size_t node, std::vector<char> active, std::vector<std::size_t>& found) const {
    if (active.back() != 0) { return all_below(node, found); }
    const Node& here = nodes_[node];
    found.insert(found.end(), here.folders.begin(), here.folders.end());
    if (const std::string_view* name = search.only_name(active)) {
        const auto child = here.children.find(std::string(*name));
        if (child != here.children.end()) { find_pattern(search, child->second, search.step(active, *name), found); }
        return;
    }
    for (const auto& [name, child] : here.children) {
        std::vector<char> next = search.step(active, name);
        if (std::find(next.begin(), next.end(), char{1}) != next.end()) { find_pattern(search, child, std::move(next), found); }
    }
}

std::vector<std::size_t> PathIndex::find(std::string_view read) const {
    std::vector<std::size_t> found;
    const std::string_view path = without_slash(read);
    if (!fingerprint::is_glob(path)) {
        find_plain(path, found);
    } else {
        const Search search{core::split(path, '/')};
        std::vector<char> active(search.parts.size() + 1, 0);
        active[0] = 1;
        search.spread(active);
        find_pattern(search, 0, std::move(active), found);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

}  // namespace runlake::pipeline
