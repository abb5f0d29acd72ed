// SPDX-License-Identifier: Apache-2.0
#include "pipeline/input_digests.hpp"

#include <set>
#include <utility>

#include "core/text.hpp"
#include "fingerprint/glob.hpp"
#include "fingerprint/input.hpp"
#include "os/files.hpp"

namespace runlake::pipeline {

std::string place_folder(const Resolved& resolved, const DeclaredPath& path) {
    if (path.place == Place::root) {
        for (const auto& [name, folder] : resolved.roots) {
            if (name == path.root) { return folder; }
        }
    }
    return resolved.file.project_root;
}

std::string absolute(const Resolved& resolved, const DeclaredPath& path) { return os::join_path(place_folder(resolved, path), without_slash(path.path)); }

core::Status InputDigests::read(const std::vector<const DeclaredPath*>& paths, std::map<std::string, std::optional<rundir::OutsideFile>>& out) const {
    // By place: names in digests of globs are relative to it, so that they are the same wherever it stands.
    std::map<std::string, std::vector<const DeclaredPath*>> by_folder;
    std::set<std::string> seen;
    for (const DeclaredPath* const path : paths) {
        const std::string name = path->logical();
        if (!seen.insert(name).second) { continue; }
        // A pattern may match nothing, which only reading it tells.
        if (!fingerprint::is_glob(path->path) && !os::exists(absolute(resolved_, *path))) {
            out[name] = std::nullopt;
        } else {
            by_folder[place_folder(resolved_, *path)].push_back(path);
        }
    }
    for (const auto& [folder, members] : by_folder) {
        fingerprint::InputOptions options{.root = folder, .working_dir = folder, .cache_dir = digest_cache_, .threads = 0, .stop = {}};
        std::vector<std::string> names;
        for (const DeclaredPath* const path : members) { names.emplace_back(without_slash(path->path)); }
        const core::Result<fingerprint::InputReport> report = fingerprint::input_fingerprint(names, options);
        const auto take = [&](const DeclaredPath& path, const record::Input& input) {
            out[path.logical()] = rundir::OutsideFile{path.logical(), input.fingerprint.value_or(""), input.bytes.value_or(0)};
        };
        if (report.ok()) {
            for (std::size_t i = 0; i < members.size(); ++i) { take(*members[i], report.value().inputs[i]); }
            continue;
        }
        if (report.error().code() != core::Errc::not_found) { return report.error(); }
        for (std::size_t i = 0; i < members.size(); ++i) {  // one of them matches nothing, or went: which?
            const core::Result<fingerprint::InputReport> one = fingerprint::input_fingerprint({names[i]}, options);
            if (one.ok()) {
                take(*members[i], one.value().inputs[0]);
            } else if (one.error().code() == core::Errc::not_found) {
                out[members[i]->logical()] = std::nullopt;
            } else {
                return one.error();
            }
        }
    }
    return core::ok();
}

core::Status InputDigests::learn(const std::vector<const DeclaredPath*>& paths) {
    std::map<std::string, std::optional<rundir::OutsideFile>> found;
    RL_TRY(read(paths, found));
    const std::lock_guard lock(mutex_);
    known_.merge(found);
    return core::ok();
}

core::Result<std::optional<rundir::OutsideFile>> InputDigests::of(const DeclaredPath& path) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = known_.find(path.logical()); known != known_.end()) { return known->second; }
    }
    RL_TRY(learn({&path}));
    const std::lock_guard lock(mutex_);
    return known_.at(path.logical());
}

bool InputDigests::has(const DeclaredPath& path) const {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(path.logical());
    return known != known_.end() && known->second.has_value();
}

core::Result<std::optional<rundir::OutsideFile>> InputDigests::fresh(const DeclaredPath& path) const {
    std::map<std::string, std::optional<rundir::OutsideFile>> found;
    RL_TRY(read({&path}, found));
    return found.at(path.logical());
}

}  // namespace runlake::pipeline
