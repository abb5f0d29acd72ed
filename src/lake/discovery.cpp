// SPDX-License-Identifier: Apache-2.0
// The walk that finds units for all sources at once. Nothing is read but folders, each once. The order of what a folder lists does not show.
#include "lake/discovery.hpp"

#include <dirent.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "lake/identity.hpp"
#include "lake/source.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Result;

constexpr int k_levels = 6;         // below the children of a root
constexpr int k_hidden_levels = 3;  // at least, below a hidden folder that a source asked for

bool is_folder(const std::string& path, unsigned char type) {
    return type == DT_DIR || ((type == DT_LNK || type == DT_UNKNOWN) && os::is_dir(path));
}

class Walk {
  public:
    // Runs below a root; its own folder may be one.
    void root(const std::string& path) { visit(path, k_levels + 1, Below::all); }
    void beside(const std::string& path) { visit(path, 0, Below::hidden_only); }

    void finish(Units& found) {
        for (const auto& [place, source] : units_) {
            Unit unit;
            unit.source = source;
            unit.dir = place.first;
            found.units.push_back(std::move(unit));
            passed_over_.erase(place.first);
        }
        for (const auto& [dir, why] : passed_over_) { found.passed_over.push_back({dir, why}); }
    }

  private:
    enum class Below : std::uint8_t { all, hidden_only };

    // `levels`: how far below `path` may still be searched.
    void visit(const std::string& path, int levels, Below below) {
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
        const auto folder = list(real.value());
        if (!folder) { return; }
        const Detection said = ask(*folder);
        for (const auto& name : said.hidden) { visit(os::join_path(folder->path, name), std::max(levels - 1, k_hidden_levels), Below::all); }
        if (said.is_whole || below == Below::hidden_only) { return; }
        for (const auto& name : folder->folders) {
            if (name.starts_with('.') || std::find(said.kept.begin(), said.kept.end(), name) != said.kept.end()) { continue; }
            if (levels == 0) {
                passed_over_.emplace(folder->path, cat("it lies too deep to be searched: more than ", k_levels + 1, " levels below the root"));
                return;
            }
            visit(os::join_path(folder->path, name), levels - 1, Below::all);
        }
    }

    std::optional<FolderNames> list(const std::string& dir) {
        auto entries = os::list_dir(dir);
        if (!entries.ok()) {
            passed_over_.emplace(dir, entries.error().message());
            return std::nullopt;
        }
        FolderNames names;
        names.path = dir;
        for (auto& entry : entries.value()) {
            auto& list = is_folder(os::join_path(dir, entry.name), entry.type) ? names.folders : names.files;
            list.push_back(std::move(entry.name));
        }
        return names;
    }

    // What all sources say together.
    Detection ask(const FolderNames& folder) {
        Detection all;
        bool taken = false;
        const auto sources = all_sources();
        for (std::size_t i = 0; i < sources.size(); ++i) {
            if (sources[i]->only_unclaimed && taken) { continue; }
            Detection one = sources[i]->detect(folder);
            for (const auto& dir : one.units) {
                const auto real = os::absolute_path(dir);
                if (real.ok()) { units_.emplace(std::pair(real.value(), i), sources[i]); }
            }
            taken = taken || !one.units.empty();
            all.is_whole = all.is_whole || one.is_whole;
            for (auto& name : one.hidden) {
                if (std::find(all.hidden.begin(), all.hidden.end(), name) == all.hidden.end()) { all.hidden.push_back(std::move(name)); }
            }
            std::move(one.kept.begin(), one.kept.end(), std::back_inserter(all.kept));
            for (auto& passed : one.passed_over) { passed_over_.emplace(std::move(passed.dir), std::move(passed.why)); }
        }
        return all;
    }

    std::map<std::string, int> seen_;
    std::map<std::pair<std::string, std::size_t>, const Source*> units_;  // by folder, then position of the source
    std::map<std::string, std::string> passed_over_;
};

}  // namespace

std::optional<Told> told_by(const std::string& dir, std::span<const LogRoot> roots) {
    const LogRoot* shallowest = nullptr;
    for (const auto& root : roots) {
        // Of roots that hold one folder, the shorter path is the shallower one.
        if (os::relative_inside(dir, root.path) && (shallowest == nullptr || root.path.size() < shallowest->path.size())) { shallowest = &root; }
    }
    if (shallowest == nullptr) { return std::nullopt; }
    return Told{shallowest->id, *os::relative_inside(dir, shallowest->path)};
}

Result<Units> discover_units(const DiscoverRequest& request) {
    Units found;
    std::set<std::string> paths;
    for (const auto& path : request.roots) {
        auto real = os::absolute_path(path);
        if (!real.ok() || !os::is_dir(real.value())) { return Error(Errc::not_found, cat("looking for runs: ", path, " is no folder")); }
        paths.insert(std::move(real).take());
    }
    for (const auto& path : paths) { found.roots.push_back({path, root_id(path)}); }
    std::vector<LogRoot> beside;  // never registered: what lies below a root is told by that root, not by the project around it
    for (const auto& path : request.beside) {
        auto real = os::absolute_path(path);
        if (real.ok() && os::is_dir(real.value())) { beside.push_back({real.value(), root_id(real.value())}); }
    }

    Walk walk;
    for (const auto& root : found.roots) { walk.root(root.path); }
    for (const auto& folder : beside) { walk.beside(folder.path); }
    walk.finish(found);

    std::vector<LogRoot> roots = found.roots;
    roots.insert(roots.end(), request.known.begin(), request.known.end());
    for (auto& unit : found.units) {
        auto told = told_by(unit.dir, roots);
        if (!told) { told = told_by(unit.dir, beside); }
        if (!told) {
            // Reached by a link out of every root: its own parent becomes one.
            const std::string parent = os::parent_path(unit.dir);
            roots.push_back({parent, root_id(parent)});
            found.roots.push_back(roots.back());
            told = told_by(unit.dir, roots);
        }
        unit.key = unit_key(*unit.source, unit.dir);
        unit.root_id = std::move(told->root_id);
        unit.rel_dir = std::move(told->rel_dir);
    }
    return found;
}

}  // namespace runlake::lake
