// SPDX-License-Identifier: Apache-2.0
#include "lake/stale.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

#include "os/files.hpp"

namespace runlake::lake {
namespace {

bool has_gone(const std::string& dir) {
    struct stat info {};
    return ::stat(dir.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

// Of a folder that was searched: whether it is certain that no unit is in it.
bool is_none(const std::string& dir) {
    struct stat info {};
    return ::stat(dir.c_str(), &info) == 0 && (!S_ISDIR(info.st_mode) || os::list_dir(dir).ok());
}

}  // namespace

std::vector<StaleUnit> stale_units(const KnownUnits& known, const std::unordered_set<std::string>& seen, const Units& found,
                                   const std::vector<std::string>& beside) {
    std::vector<std::string> folders;
    for (const auto& path : beside) {
        auto real = os::absolute_path(path);
        if (real.ok()) { folders.push_back(std::move(real).take()); }
    }
    std::vector<StaleUnit> stale;
    for (const auto& [key, unit] : known) {
        if (seen.contains(key)) { continue; }
        const bool was_searched = std::any_of(found.roots.begin(), found.roots.end(), [&](const LogRoot& root) { return os::relative_inside(unit.dir, root.path).has_value(); });
        const bool is_beside = std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) { return os::relative_inside(unit.dir, folder).has_value(); });
        if (((was_searched || is_beside) && has_gone(unit.dir)) || (was_searched && is_none(unit.dir))) { stale.push_back({key, unit.source, unit.dir}); }
    }
    std::sort(stale.begin(), stale.end(), [](const StaleUnit& a, const StaleUnit& b) { return std::tie(a.dir, a.source) < std::tie(b.dir, b.source); });
    return stale;
}

}  // namespace runlake::lake
