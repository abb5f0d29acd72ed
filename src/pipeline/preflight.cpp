// SPDX-License-Identifier: Apache-2.0
// Looks whether everything is there that stages take from outside of the run directory.
#include <unistd.h>

#include <map>

#include "core/text.hpp"
#include "fingerprint/glob.hpp"
#include "os/files.hpp"
#include "pipeline/graph.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;

class Look {
  public:
    explicit Look(const Resolved& resolved) : resolved_(resolved) {}

    // What is wrong with an outside input; "" when it is there. The same one is looked at once.
    const std::string& at(Place place, const std::string& root, const std::string& path, const std::string& logical) {
        const auto [found, is_new] = seen_.try_emplace(logical);
        if (is_new) { found->second = look(place, root, path); }
        return found->second;
    }

  private:
    std::string look(Place place, const std::string& root, const std::string& path) const {
        const std::string folder = folder_of(place, root);
        if (folder.find("://") != std::string::npos) { return cat("it lies below ", folder, ": stages read files of this machine only"); }
        if (fingerprint::is_glob(path)) {
            auto matches = fingerprint::expand_glob(path.ends_with('/') ? path.substr(0, path.size() - 1) : path, folder, {});
            if (matches.ok()) { return ""; }
            return matches.error().code() == core::Errc::not_found ? cat("nothing matches it in ", folder) : matches.error().message();
        }
        const bool wants_folder = path.ends_with('/');
        const std::string file = os::join_path(folder, wants_folder ? path.substr(0, path.size() - 1) : path);
        const auto info = os::stat_path(file);
        if (!info) { return os::stat_link(file) ? cat("the link ", file, " leads nowhere, or its folder may not be entered") : missing(place, root, folder, file); }
        if (wants_folder && !S_ISDIR(info->st_mode)) { return cat(file, " is no folder"); }
        if (!S_ISDIR(info->st_mode) && !S_ISREG(info->st_mode)) { return cat(file, " is neither a file nor a folder"); }
        const mode_t wanted = S_ISDIR(info->st_mode) ? 0555 : 0444;
        // What everybody may read need not be asked for: a call less for each of thousands of files.
        if ((info->st_mode & wanted) != wanted && ::access(file.c_str(), S_ISDIR(info->st_mode) ? R_OK | X_OK : R_OK) != 0) { return cat(file, " cannot be read: no permission"); }
        return "";
    }

    static std::string missing(Place place, const std::string& root, const std::string& folder, const std::string& file) {
        if (place == Place::root && !os::exists(folder)) { return cat("there is no folder ", folder, ", which ", root, " names"); }
        return cat("there is no ", file);
    }

    std::string folder_of(Place place, const std::string& root) const {
        if (place == Place::workspace) { return resolved_.file.project_root; }
        for (const auto& [name, folder] : resolved_.roots) {
            if (name == root) { return folder; }
        }
        return resolved_.file.project_root;
    }

    const Resolved& resolved_;
    std::map<std::string, std::string> seen_;
};

}  // namespace

std::vector<Problem> preflight(const Resolved& resolved, const Graph& graph, const std::function<bool(const DeclaredPath&)>& is_found) {
    Look look(resolved);
    std::vector<Problem> problems;
    std::vector<char> code_seen(resolved.file.stages.size(), 0);
    for (std::size_t i = 0; i < graph.instances.size(); ++i) {
        const Instance& instance = graph.instances[i];
        const StageDecl& stage = resolved.file.stages[instance.stage];
        for (const DeclaredPath& read : instance.reads) {
            if (read.place == Place::run_dir || !read.writers.empty()) { continue; }
            if (is_found && fingerprint::is_glob(read.path) && is_found(read)) { continue; }
            const std::string& wrong = look.at(read.place, read.root, read.path, read.logical());
            if (!wrong.empty()) { problems.push_back({i, cat(instance.which.str(), ": ", read.logical(), ": ", wrong), !stage.optional}); }
        }
        if (!stage.code || code_seen[instance.stage] != 0) { continue; }
        code_seen[instance.stage] = 1;
        for (const std::string& path : code_paths(resolved, stage)) {
            const std::string& wrong = look.at(Place::workspace, "", path, cat("workspace:", path));
            if (!wrong.empty()) { problems.push_back({i, cat(instance.which.stage, ": code ", path, ": ", wrong), !stage.optional}); }
        }
    }
    return problems;
}

}  // namespace runlake::pipeline
