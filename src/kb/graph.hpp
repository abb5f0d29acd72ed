// SPDX-License-Identifier: Apache-2.0
// All notes of a project's knowledge base, and the names by which they link to each other.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "kb/issue.hpp"
#include "kb/note.hpp"

namespace runlake::kb {

struct Graph {
    std::string root;                                        // the project root, absolute
    bool is_there = false;                                   // <root>/kb is a folder
    std::vector<Note> notes;                                 // by path
    std::map<std::string, std::vector<std::size_t>, std::less<>> names;   // link name -> notes that claim it
    std::map<std::string, std::vector<std::size_t>, std::less<>> ids;     // id -> notes
    std::optional<core::Error> problem;                      // <root>/kb can't be listed: nothing is known of it
    Issues faults;                                           // files that could not be read, and those not named as they should be

    const Note* find(std::string_view id) const;             // the only note of that id, else null
    const Note* linked(std::string_view name) const;         // whom a [[name]] means, else null
};

// Reads <root>/kb. A missing folder is an empty graph; files that can't be read are faults.
Graph read_graph(const std::string& root, ReadNote how = ReadNote::whole);

// The checks over one knowledge base (docs/reference/validation-codes.md), by path and line.
Issues check_graph(const Graph& graph);

// A run that a note cites, by whole id or the beginning of one (runs have UUIDs; citations of jobs are left out), and where.
struct CitedRun {
    core::RunIdPrefix id;
    std::string path;
};
// Errc::io when not all notes can be read, Errc::corrupt when the citations of one can't be understood: who can't see all references must remove nothing.
core::Result<std::vector<CitedRun>> cited_runs(const std::string& root);

}  // namespace runlake::kb
