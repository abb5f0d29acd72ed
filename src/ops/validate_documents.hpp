// SPDX-License-Identifier: Apache-2.0
// The documents outside of the knowledge base whose citations are checked: Markdown, LaTeX, notebooks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "kb/citation.hpp"

namespace runlake::ops {

// Whether a file's name says that citations are looked for in it: .md, .markdown, .qmd, .Rmd, .tex, .ipynb.
bool is_document(std::string_view path);

// The documents that git tracks, less those below kb/ and in folders that begin with a dot; sorted. Nothing outside of a repository or without libgit2.
std::vector<std::string> tracked_documents(const std::string& root);

// Reads the citations of documents (paths relative to the root). What can't be read is a fault.
void read_documents(const std::string& root, const std::vector<std::string>& paths, kb::Citations& out);

}  // namespace runlake::ops
