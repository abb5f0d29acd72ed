// SPDX-License-Identifier: Apache-2.0
// `supporting_runs` in its plainest form, read without a YAML parser: most of a big knowledge base is that.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kb/citation.hpp"

namespace runlake::kb {

struct QuickCitations {
    std::size_t begin = 0;             // of the line "supporting_runs:" in the note
    std::size_t end = 0;               // behind the last item
    std::vector<Citation> found;
};

// Nothing unless all that stands before it and it itself are written so plainly that their meaning is beyond doubt, and every citation is right: whoever gets nothing reads the note as YAML.
// What is found is what YAML would give; a fuzzer compares the two.
std::optional<QuickCitations> quick_citations(std::string_view text, const std::string& path);

}  // namespace runlake::kb
