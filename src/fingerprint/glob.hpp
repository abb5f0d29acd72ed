// SPDX-License-Identifier: Apache-2.0
// The paths that a glob matches on disk.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace runlake::fingerprint {

bool is_glob(std::string_view text);
// The paths that a glob matches, sorted; "*", "?" and "[...]" stop at '/', "**" as a whole part crosses folders (not links). Names that begin with a dot
// are only matched by a part that does. Relative patterns start in `working_dir` and give relative paths. not_found when nothing matches.
core::Result<std::vector<std::string>> expand_glob(const std::string& pattern, const std::string& working_dir, const std::function<bool()>& stop);

}  // namespace runlake::fingerprint
