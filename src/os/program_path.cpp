// SPDX-License-Identifier: Apache-2.0
#include "os/program_path.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::os {

std::string search_path() { return env("PATH").value_or(std::string(k_usual_search_path)); }

std::vector<std::string> program_paths(const std::string& name, std::string_view search_path) {
    if (name.empty() || name.find('/') != std::string::npos) { return {name}; }
    std::vector<std::string> paths;
    for (const std::string_view folder : core::split(search_path, ':')) { paths.push_back(join_path(folder.empty() ? "." : folder, name)); }
    return paths;
}

std::optional<std::string> find_program(const std::string& name, std::string_view search_path) {
    auto paths = program_paths(name, search_path);
    const auto found = std::ranges::find_if(paths, [](const std::string& path) {
        const auto info = stat_path(path);
        return info && S_ISREG(info->st_mode) && ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
    });
    return found == paths.end() ? std::nullopt : std::optional(std::move(*found));
}

}  // namespace runlake::os
