// SPDX-License-Identifier: Apache-2.0
// The walk that finds units for all sources at once. Nothing is read but folders. The order of what a folder lists does not show.
#include "lake/discovery.hpp"

#include <dirent.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "core/text.hpp"
#include "lake/identity.hpp"
#include "lake/source.hpp"
#include "os/files.hpp"
#include "os/parallel.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Result;

constexpr int k_levels = 6;         // below the children of a root
constexpr int k_hidden_levels = 3;  // at least, below a hidden folder that a source asked for
constexpr std::size_t k_at_once = 4096;  // folders, whose names are in memory together

bool is_folder(const std::string& path, unsigned char type) {
    return type == DT_DIR || ((type == DT_LNK || type == DT_UNKNOWN) && os::is_dir(path));
}

enum class Below : std::uint8_t { all, hidden_only };

// A folder that is to be searched.
struct Place {
    std::string path;
    int levels;            // how far below it may still be searched
    Below below;
    bool is_resolved;      // no part of the path is a link
};

// What a folder holds, and what all sources say of it.
struct Looked {
    std::string problem;  // it could not be listed
    FolderNames names;
    std::vector<std::string> links;  // those of names.folders that are links
    Detection said;
    std::vector<std::pair<std::string, std::size_t>> units;  // with the position of the source
};

// A folder in one that was listed, not a link to one.
bool has_own(const Looked& folder, const std::string& name) { return folder.names.has_folder(name) && !std::binary_search(folder.links.begin(), folder.links.end(), name); }

Place below(const Looked& folder, const std::string& name, int levels) { return {os::join_path(folder.names.path, name), levels, Below::all, has_own(folder, name)}; }

// A unit's folder, which is the one that was listed or, mostly, directly below it.
std::optional<std::string> resolved(const Looked& folder, const std::string& dir) {
    if (dir == folder.names.path) { return dir; }
    if (os::parent_path(dir) == folder.names.path && has_own(folder, os::base_name(dir))) { return dir; }
    auto real = os::absolute_path(dir);
    return real.ok() ? std::optional(std::move(real).take()) : std::nullopt;
}

void list(Looked& folder) {
    auto entries = os::list_dir(folder.names.path);
    if (!entries.ok()) {
        folder.problem = entries.error().message();
        return;
    }
    for (auto& entry : entries.value()) {
        const bool is_dir = is_folder(os::join_path(folder.names.path, entry.name), entry.type);
        if (is_dir && entry.type != DT_DIR) { folder.links.push_back(entry.name); }
        (is_dir ? folder.names.folders : folder.names.files).push_back(std::move(entry.name));
    }
}

void ask(Looked& folder) {
    bool taken = false;
    const auto sources = all_sources();
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (sources[i]->only_unclaimed && taken) { continue; }
        Detection one = sources[i]->detect(folder.names);
        for (const auto& dir : one.units) {
            if (auto real = resolved(folder, dir)) { folder.units.emplace_back(std::move(*real), i); }
        }
        taken = taken || !one.units.empty();
        Detection& all = folder.said;
        all.is_whole = all.is_whole || one.is_whole;
        for (auto& name : one.hidden) {
            if (std::find(all.hidden.begin(), all.hidden.end(), name) == all.hidden.end()) { all.hidden.push_back(std::move(name)); }
        }
        std::move(one.kept.begin(), one.kept.end(), std::back_inserter(all.kept));
        std::move(one.passed_over.begin(), one.passed_over.end(), std::back_inserter(all.passed_over));
    }
}

// Level by level: many folders are listed at once, and each is reached first by its shortest way from a root, from where most lies within reach.
class Walk {
  public:
    // Runs below a root; its own folder may be one.
    void root(const std::string& path) { places_.push_back({path, k_levels + 1, Below::all, false}); }
    void beside(const std::string& path) { places_.push_back({path, 0, Below::hidden_only, false}); }

    void search() {
        while (!places_.empty()) {
            std::vector<Place> next;
            for (std::size_t begin = 0; begin < places_.size(); begin += k_at_once) {
                look_at(std::span(places_).subspan(begin, std::min(k_at_once, places_.size() - begin)), next);
            }
            places_ = std::move(next);
        }
    }

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
    void look_at(std::span<Place> places, std::vector<Place>& next) {
        std::vector<const Place*> wanted;
        for (auto& place : places) {
            if (is_wanted(place)) { wanted.push_back(&place); }
        }
        std::vector<Looked> looked(wanted.size());
        os::for_each_index(wanted.size(), 64, [&](std::size_t i) {
            looked[i].names.path = wanted[i]->path;
            list(looked[i]);
            if (looked[i].problem.empty()) { ask(looked[i]); }
        });
        for (std::size_t i = 0; i < wanted.size(); ++i) { take(*wanted[i], looked[i], next); }
    }

    // Resolves it. Not wanted: one that has been searched as deep already.
    bool is_wanted(Place& place) {
        if (!place.is_resolved) {
            auto real = os::absolute_path(place.path);
            if (!real.ok()) {
                passed_over_.emplace(place.path, real.error().message());
                return false;
            }
            place.path = std::move(real).take();
        }
        const auto [seen, is_new] = seen_.emplace(place.path, place.levels);
        if (!is_new && seen->second >= place.levels) { return false; }
        seen->second = place.levels;
        return true;
    }

    void take(const Place& place, Looked& folder, std::vector<Place>& next) {
        if (!folder.problem.empty()) {
            passed_over_.emplace(place.path, std::move(folder.problem));
            return;
        }
        for (auto& [dir, source] : folder.units) { units_.emplace(std::pair(std::move(dir), source), all_sources()[source]); }
        const Detection& said = folder.said;
        for (const auto& passed : said.passed_over) { passed_over_.emplace(passed.dir, passed.why); }
        for (const auto& name : said.hidden) { next.push_back(below(folder, name, std::max(place.levels - 1, k_hidden_levels))); }
        if (said.is_whole || place.below == Below::hidden_only) { return; }
        for (const auto& name : folder.names.folders) {
            if (name.starts_with('.') || std::find(said.kept.begin(), said.kept.end(), name) != said.kept.end()) { continue; }
            if (place.levels == 0) {
                passed_over_.emplace(place.path, cat("it lies too deep to be searched: more than ", k_levels + 1, " levels below the root"));
                return;
            }
            next.push_back(below(folder, name, place.levels - 1));
        }
    }

    std::vector<Place> places_;  // of one level
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
    walk.search();
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
