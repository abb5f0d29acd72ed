// SPDX-License-Identifier: Apache-2.0
// YAML read into a Json value, with the position of each node for error messages.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::core {

// Line and column, both from 1.
struct SourcePosition {
    int line = 0;
    int column = 0;
};

// A document and where its nodes stand. Paths are written "/stages/fit/command/0"; a key's own position is under its path.
struct YamlDocument {
    Json root;
    std::map<std::string, SourcePosition> positions;
};

// Reads one YAML document by the core schema (1.2): null, true/false, integers, floats, strings; quoted scalars are strings; anchors and
// merge keys are resolved. Duplicate keys, tags of objects, more than one document and nesting over 100 levels are refused:
// Errc::corrupt with `what`, line and column. An empty text is null.
Result<YamlDocument> parse_yaml(std::string_view text, std::string_view what);

}  // namespace runlake::core
