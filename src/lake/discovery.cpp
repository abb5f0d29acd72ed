// SPDX-License-Identifier: Apache-2.0
#include "lake/discovery.hpp"

#include <dirent.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "lake/identity.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Result;

constexpr int k_levels = 6;
constexpr std::string_view k_provider_prefix = "provider=";
constexpr std::string_view k_config = "run_config.json";

struct Listing {
    std::vector<std::string> folders;  // sorted, less hidden ones
    bool has_config = false;
    bool looks_like_run = false;       // has another file that only runs have
};

bool is_folder(const std::string& path, unsigned char type) {
    return type == DT_DIR || ((type == DT_LNK || type == DT_UNKNOWN) && os::is_dir(path));
}

bool is_run_file(std::string_view name) { return name == "run_status.json" || name == "summary.json.gz" || name == "summary.json" || name == "goal_cache.json.gz"; }

class Search {
  public:
    explicit Search(Discovery& found) : found_(found) {}

    // The root itself, then what is below it.
    void root(const std::string& path) { visit(path, k_levels + 1); }

    void finish() {
        for (auto& [dir, provider] : runs_) {
            FoundRun run;
            run.dir = dir;
            run.provider = std::move(provider);
            found_.runs.push_back(std::move(run));
        }
        for (const auto& [dir, why] : passed_over_) {
            if (!runs_.contains(dir)) { found_.passed_over.push_back({dir, why}); }
        }
    }

  private:
    // `levels`: how far below `path` may still be searched.
    void visit(const std::string& path, int levels) {
        auto real = os::absolute_path(path);
        if (!real.ok()) {
            passed_over_.emplace(path, real.error().message());
            return;
        }
        // One that was searched from higher up may be searched deeper now, when it is a root itself.
        auto [seen, is_new] = seen_.emplace(real.value(), levels);
        if (!is_new) {
            if (seen->second >= levels) { return; }
            seen->second = levels;
        }
        auto listed = list(real.value());
        if (!listed) { return; }
        if (add_providers(real.value(), *listed)) { return; }
        if (listed->has_config) {
            add(real.value(), provider_of(os::base_name(real.value())));
            return;
        }
        if (listed->looks_like_run) { passed_over_.emplace(real.value(), "it has files of a run but no run_config.json"); }
        if (levels == 0) {
            if (!listed->folders.empty()) { passed_over_.emplace(real.value(), cat("it lies too deep to be searched: more than ", k_levels + 1, " levels below the root")); }
            return;
        }
        for (const auto& name : listed->folders) { visit(os::join_path(real.value(), name), levels - 1); }
    }

    std::optional<Listing> list(const std::string& dir) {
        auto entries = os::list_dir(dir);
        if (!entries.ok()) {
            passed_over_.emplace(dir, entries.error().message());
            return std::nullopt;
        }
        Listing listing;
        for (auto& entry : entries.value()) {
            if (entry.name.starts_with('.')) { continue; }
            const std::string path = os::join_path(dir, entry.name);
            if (is_folder(path, entry.type)) {
                listing.folders.push_back(std::move(entry.name));
            } else {
                listing.has_config = listing.has_config || entry.name == k_config;
                listing.looks_like_run = listing.looks_like_run || is_run_file(entry.name);
            }
        }
        return listing;
    }

    // Those of several providers are whole runs each, and stand for the folder they are in.
    bool add_providers(const std::string& dir, const Listing& listed) {
        bool any = false;
        std::vector<std::string> without;
        for (const auto& name : listed.folders) {
            const auto provider = provider_of(name);
            if (!provider) { continue; }
            const auto real = os::absolute_path(os::join_path(dir, name));
            if (!real.ok()) { continue; }
            if (os::exists(os::join_path(real.value(), k_config))) {
                add(real.value(), provider);
                any = true;
            } else {
                without.push_back(real.value());
            }
        }
        if (any) {
            for (const auto& path : without) { passed_over_.emplace(path, "it is a provider's folder without run_config.json"); }
        }
        return any;
    }

    void add(const std::string& dir, std::optional<std::string> provider) {
        auto& kept = runs_[dir];
        if (!kept) { kept = std::move(provider); }
    }

    static std::optional<std::string> provider_of(std::string_view name) {
        if (!name.starts_with(k_provider_prefix) || name.size() == k_provider_prefix.size()) { return std::nullopt; }
        return std::string(name.substr(k_provider_prefix.size()));
    }

    Discovery& found_;
    std::map<std::string, int> seen_;
    std::map<std::string, std::optional<std::string>> runs_;
    std::map<std::string, std::string> passed_over_;
};

}  // namespace

std::optional<FoundRun> told_by(const std::string& run_dir, std::span<const LogRoot> roots) {
    const LogRoot* shallowest = nullptr;
    for (const auto& root : roots) {
        // Of roots that hold one folder, the shorter path is the shallower one.
        if (os::relative_inside(run_dir, root.path) && (shallowest == nullptr || root.path.size() < shallowest->path.size())) { shallowest = &root; }
    }
    if (shallowest == nullptr) { return std::nullopt; }
    FoundRun run;
    run.dir = run_dir;
    run.key = run_key(run_dir);
    run.root_id = shallowest->id;
    run.rel_run_dir = *os::relative_inside(run_dir, shallowest->path);
    run.key_seed = run_key_seed(run.root_id, run.rel_run_dir);
    return run;
}

Result<Discovery> discover_runs(std::span<const std::string> given, std::span<const LogRoot> known) {
    Discovery found;
    std::set<std::string> paths;
    for (const auto& path : given) {
        auto real = os::absolute_path(path);
        if (!real.ok() || !os::is_dir(real.value())) { return Error(Errc::not_found, cat("looking for runs: ", path, " is no folder")); }
        paths.insert(std::move(real).take());
    }
    for (const auto& path : paths) { found.roots.push_back({path, root_id(path)}); }

    Search search(found);
    for (const auto& root : found.roots) { search.root(root.path); }
    search.finish();

    std::vector<LogRoot> roots = found.roots;
    roots.insert(roots.end(), known.begin(), known.end());
    for (auto& run : found.runs) {
        auto told = told_by(run.dir, roots);
        if (!told) {
            // Reached by a link out of every root: its own parent becomes one.
            const std::string parent = os::parent_path(run.dir);
            roots.push_back({parent, root_id(parent)});
            found.roots.push_back(roots.back());
            told = told_by(run.dir, roots);
        }
        told->provider = std::move(run.provider);
        run = std::move(*told);
    }
    return found;
}

}  // namespace runlake::lake
