// SPDX-License-Identifier: Apache-2.0
// The one file of a path as DuckDB's functions that read files name it: they take what they are given for a pattern.
#pragma once

#include <string>
#include <string_view>

namespace runlake::lake {

// Of "a[1]/b.csv" the characters that stand for others are told to stand for themselves, so that a1/b.csv is not read in its place.
inline std::string file_pattern(std::string_view path) {
    std::string pattern;
    for (const char c : path) {
        if (c == '*' || c == '?' || c == '[') {
            pattern.append({'[', c, ']'});
        } else {
            pattern += c;
        }
    }
    return pattern;
}

}  // namespace runlake::lake
