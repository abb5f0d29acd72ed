// SPDX-License-Identifier: Apache-2.0
// The files that `install` puts into a repository for its knowledge base, in our own words.
#pragma once

#include <span>
#include <string_view>

#include "kb/kinds.hpp"

namespace runlake::kb {

struct ScaffoldFile {
    std::string_view path;      // relative to the project root, by path; folders are kept by an empty ".gitkeep"
    std::string_view text;      // LF, ends with a newline unless it is empty
};

// Sorted by path. What is below kb/ is the user's once it is written: never overwritten.
std::span<const ScaffoldFile> scaffold_files();

// The text from which `kb new` makes a note, with {ARTIFACT_ID}, {TITLE}, {DASH}, {DATE}, {HYPOTHESIS_ID}, {EXPERIMENT_ID}, {THREAD_ID}, {IMPACT}, {LINKS_BLOCK}. "" for kinds without one.
std::string_view template_of(NoteKind kind);

}  // namespace runlake::kb
