// SPDX-License-Identifier: Apache-2.0
#include "lake/stale.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "os/files.hpp"

namespace runlake::lake {
namespace {

// Whether it is certain that no unit is in that folder: it has gone, or can be listed and is none.
bool is_certain(const std::string& dir) {
    struct stat info {};
    if (::stat(dir.c_str(), &info) != 0) { return errno == ENOENT || errno == ENOTDIR; }
    return !S_ISDIR(info.st_mode) || os::list_dir(dir).ok();
}

}  // namespace

std::vector<StaleUnit> stale_units(const KnownUnits& known, const std::unordered_set<std::string>& seen, const Units& found) {
    std::vector<StaleUnit> stale;
    for (const auto& [key, unit] : known) {
        if (seen.contains(key)) { continue; }
        const bool is_below = std::any_of(found.roots.begin(), found.roots.end(), [&](const LogRoot& root) { return os::relative_inside(unit.dir, root.path).has_value(); });
        if (is_below && is_certain(unit.dir)) { stale.push_back({key, unit.source, unit.dir}); }
    }
    std::sort(stale.begin(), stale.end(), [](const StaleUnit& a, const StaleUnit& b) { return std::tie(a.dir, a.source) < std::tie(b.dir, b.source); });
    return stale;
}

}  // namespace runlake::lake
