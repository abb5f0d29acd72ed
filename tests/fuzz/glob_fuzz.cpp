// SPDX-License-Identifier: Apache-2.0
// A pattern and, behind the first line break, a path: no hang, and a pattern without special characters matches itself alone.
#include <algorithm>
#include <string>

#include "core/text.hpp"
#include "tests/fuzz/fuzz.hpp"

using runlake::core::glob_match;

RUNLAKE_FUZZ {
    const std::size_t cut = std::min(text.find('\n'), text.size());
    const std::string_view pattern = text.substr(0, cut);
    const std::string_view path = text.substr(std::min(cut + 1, text.size()));
    const bool matches = glob_match(pattern, path);
    if (pattern.find_first_of("*?[\\") == std::string_view::npos) { DEMAND(matches == (pattern == path)); }
    DEMAND(glob_match("**", path));
    // A star more matches no less, unless a backslash or an open set takes it.
    if (matches && pattern.find_first_of("\\[") == std::string_view::npos) { DEMAND(glob_match(std::string(pattern) + "*", path)); }
    DEMAND(runlake::core::cut_utf8(path, cut).size() <= cut);
}
