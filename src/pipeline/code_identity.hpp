// SPDX-License-Identifier: Apache-2.0
// Which code a stage runs, by content: its `code:` files, else what git tracks, and the files that its command names. Rules: docs/guide/pipelines.md.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "os/stamp.hpp"
#include "pipeline/graph.hpp"
#include "rundir/stage_key.hpp"

namespace runlake::pipeline {

// A file of the code as it was when it was digested.
struct CodeFile {
    std::string name;                              // relative to the project root
    std::string digest;                            // "file/1:<hex>", "link/1:<hex>"; "" when it is not there
    std::optional<os::Stamp> stamp;                // links followed for "file/1" alone
    bool operator==(const CodeFile&) const = default;
};

// More files than this are one component, "files", whose value is the digest of a listing of them.
inline constexpr std::size_t k_most_code_components = 32;

struct CodeSet {
    std::vector<CodeFile> files;                   // by name
    std::string listing;                           // the text behind "code/1:<hex>"; "" when the files are components of their own
    std::vector<rundir::KeyComponent> components;
};

struct CodeIdentity {
    std::shared_ptr<const CodeSet> base;           // shared by stages; null when there is none
    CodeSet named;                                 // by the command, and not in `base`
    bool known = true;
    std::string note;                              // why it is not known, and what to do
    std::vector<rundir::KeyComponent> components() const;
    std::vector<std::string> file_names() const;   // of both, relative to the project root
};

// The code of all instances, digested once.
class CodeIndex {
  public:
    static core::Result<std::unique_ptr<CodeIndex>> begin(const Resolved& resolved, const Graph& graph, const std::optional<std::string>& digest_cache);
    virtual ~CodeIndex() = default;
    virtual const CodeIdentity& of(std::size_t instance) const = 0;
    // Whether every file of it is still as it was digested, by stamps.
    virtual bool is_unchanged(std::size_t instance) const = 0;
    // Tracked files of the project, relative to its root, sorted; none outside of git.
    virtual const std::vector<std::string>& tracked() const = 0;
};

// A listing by its text: the files with their digests. Errc::corrupt.
core::Result<std::vector<std::pair<std::string, std::string>>> parse_code_listing(std::string_view text, std::string_view what);

// Whether a file of the project is none of its code: ours, prose, version control.
bool is_no_code(std::string_view name);
// Files of the project that the words of a command name.
std::vector<std::string> files_in_command(const Resolved& resolved, const Instance& instance);

}  // namespace runlake::pipeline
