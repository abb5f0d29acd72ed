// SPDX-License-Identifier: Apache-2.0
#include "pipeline/workspace_watch.hpp"

#include <algorithm>
#include <set>

#include "os/files.hpp"
#include "pipeline/input_digests.hpp"

namespace runlake::pipeline {

WorkspaceWatch::WorkspaceWatch(const Resolved& resolved, const Graph& graph, const Instance& instance, const CodeIndex& code, bool confined) : resolved_(resolved), graph_(graph) {
    std::set<std::string> folders;
    for (const DeclaredPath& write : instance.writes) {
        if (write.place == Place::workspace) { folders.insert(os::parent_path(absolute(resolved, write))); }
    }
    folders_.assign(folders.begin(), folders.end());
    if (!confined) { tracked_ = code.tracked(); }
    before_ = look();
}

std::map<std::string, os::Stamp> WorkspaceWatch::look() const {
    std::map<std::string, os::Stamp> seen;
    const std::string& root = resolved_.file.project_root;
    const auto add = [&](const std::string& path) {
        const auto info = os::stat_link(path);
        if (info && S_ISREG(info->st_mode)) { seen.emplace(path, os::Stamp::of(*info)); }
    };
    for (const std::string& name : tracked_) { add(os::join_path(root, name)); }
    for (const std::string& folder : folders_) {
        const core::Result<std::vector<os::DirEntry>> entries = os::list_dir(folder);
        if (!entries.ok()) { continue; }
        for (const os::DirEntry& entry : entries.value()) { add(os::join_path(folder, entry.name)); }
    }
    return seen;
}

std::vector<std::string> WorkspaceWatch::undeclared_changes() const {
    const std::map<std::string, os::Stamp> now = look();
    std::set<std::string> changed;
    for (const auto& [path, stamp] : now) {
        const auto was = before_.find(path);
        if (was == before_.end() || was->second != stamp) { changed.insert(path); }
    }
    for (const auto& [path, stamp] : before_) {
        if (!now.contains(path)) { changed.insert(path); }
    }
    std::vector<std::string> undeclared;
    for (const std::string& path : changed) {
        const std::string name = os::relative_inside(path, resolved_.file.project_root).value_or(path);
        const bool declared = std::any_of(graph_.instances.begin(), graph_.instances.end(), [&](const Instance& instance) {
            return std::any_of(instance.writes.begin(), instance.writes.end(), [&](const DeclaredPath& write) { return write.place == Place::workspace && covers(write.path, name); });
        });
        if (!declared) { undeclared.push_back(name); }
    }
    return undeclared;
}

}  // namespace runlake::pipeline
