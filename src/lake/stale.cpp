// SPDX-License-Identifier: Apache-2.0
#include "lake/stale.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <tuple>

#include "os/files.hpp"

namespace runlake::lake {
namespace {

bool has_gone(const std::string& dir) {
    struct stat info {};
    return ::stat(dir.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

// Of a folder that a search from a root could have come to: whether it is certain that no unit is in it.
bool is_none(const std::string& dir) {
    struct stat info {};
    return ::stat(dir.c_str(), &info) == 0 && (!S_ISDIR(info.st_mode) || os::list_dir(dir).ok());
}

bool holds(const LogRoot& root, const StaleUnit& unit) { return os::relative_inside(unit.dir, root.path).has_value(); }

// Those that are found from roots that were not searched are there all the same.
void leave_out_reached_otherwise(std::vector<StaleUnit>& units, const Units& found, const std::vector<LogRoot>& registered) {
    DiscoverRequest request;
    for (const auto& root : registered) {
        const bool was_searched = std::ranges::find(found.roots, root.path, &LogRoot::path) != found.roots.end();
        if (!was_searched && std::ranges::any_of(units, [&](const StaleUnit& unit) { return holds(root, unit); }) && os::is_dir(root.path)) { request.roots.push_back(root.path); }
    }
    if (request.roots.empty()) { return; }
    const auto others = discover_units(request);
    if (!others.ok()) {
        units.clear();  // a root that went away meanwhile: nothing is certain
        return;
    }
    std::unordered_set<std::string> there;
    for (const auto& unit : others.value().units) { there.insert(unit.key); }
    std::erase_if(units, [&](const StaleUnit& unit) { return there.contains(unit.key); });
}

}  // namespace

std::vector<StaleUnit> stale_units(const KnownUnits& known, const std::unordered_set<std::string>& seen, const Units& found, const std::vector<std::string>& beside,
                                   const std::vector<LogRoot>& registered) {
    std::vector<std::string> folders;
    for (const auto& path : beside) {
        auto real = os::absolute_path(path);
        if (real.ok()) { folders.push_back(std::move(real).take()); }
    }
    std::vector<StaleUnit> stale;
    std::vector<StaleUnit> unseen;  // whose folders are there
    for (const auto& [key, unit] : known) {
        if (seen.contains(key)) { continue; }
        const std::string& dir = unit.dir;
        const bool was_searched = std::any_of(found.roots.begin(), found.roots.end(), [&](const LogRoot& root) { return os::relative_inside(dir, root.path).has_value(); });
        const bool is_beside = std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) { return os::relative_inside(dir, folder).has_value(); });
        if ((was_searched || is_beside) && has_gone(unit.dir)) {
            stale.push_back({key, unit.source, unit.dir});
        } else if (was_searched && is_none(unit.dir)) {
            unseen.push_back({key, unit.source, unit.dir});
        }
    }
    leave_out_reached_otherwise(unseen, found, registered);
    std::move(unseen.begin(), unseen.end(), std::back_inserter(stale));
    std::sort(stale.begin(), stale.end(), [](const StaleUnit& a, const StaleUnit& b) { return std::tie(a.dir, a.source) < std::tie(b.dir, b.source); });
    return stale;
}

}  // namespace runlake::lake
