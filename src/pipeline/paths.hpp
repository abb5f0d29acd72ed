// SPDX-License-Identifier: Apache-2.0
// Paths as stages declare them: in the run directory, in the project tree, below a named root; plain, a folder, or a glob.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace runlake::pipeline {

enum class Place : std::uint8_t {
    run_dir,     // "features/train.csv": in the run directory's layout
    workspace,   // "workspace:data/x.csv": in the project tree
    root,        // "{INPUT_DATA_DIR}/x.csv": below a named root
};

// A declared text taken apart by how it begins; names in `path` are still in braces. A text that begins with a name that is no root is in the run directory.
struct PlacedText {
    Place place = Place::run_dir;
    std::string root;
    std::string path;
};
PlacedText place_of(std::string_view text, const std::vector<std::string>& roots);

std::string_view without_slash(std::string_view path);   // a folder's name without its final '/'

// What may stand in a path, below whatever place, with all names replaced: relative, "/" between parts, no "", "." or ".." among them, no control characters, valid UTF-8;
// "**" only as a whole part. A final '/' is a folder. Nothing, or what is wrong with it.
std::optional<std::string> path_problem(std::string_view path, Place place, bool may_be_pattern);

// Whether a declared read or write covers a file (or folder, without a final '/'): it is the path, it lies in it (a plain path may turn out to be a folder), or it is
// matched by the glob. "*", "?" and "[...]" stop at '/', "**" crosses folders; names that begin with a dot are matched only by a part that does.
bool covers(std::string_view declared, std::string_view file);

// Whether a declared read is about a declared write: it covers it, or names something that the folder may hold.
bool is_about(std::string_view read, std::string_view write);

// A part of a path against a part of a pattern.
bool part_matches(std::string_view pattern, std::string_view name);

}  // namespace runlake::pipeline
