// SPDX-License-Identifier: Apache-2.0
// Stage instances and what each needs of which other: from the declared reads and writes alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "pipeline/paths.hpp"
#include "pipeline/resolve.hpp"
#include "rundir/layout.hpp"

namespace runlake::pipeline {

struct DeclaredPath {
    Place place = Place::run_dir;
    std::string root;            // the name, for Place::root
    std::string path;            // resolved; relative to its place; may hold globs in reads; a final '/' is a folder
    std::string logical() const; // "features/train.csv", "workspace:data/x.csv", "{INPUT_DATA_DIR}/x.csv"
    core::SourcePosition at;
    std::vector<std::size_t> writers;   // of a read: the instances whose writes it covers or lies in, sorted; none: it comes from outside
};

struct Instance {
    rundir::StageInstance which;
    std::size_t stage = 0;                                   // index into file.stages
    std::vector<std::pair<std::string, std::string>> dimensions;
    std::vector<std::string> command;                        // resolved but for {run_dir}, {out}, {project} and roots, which stay: see fill_places
    std::vector<DeclaredPath> reads;
    std::vector<DeclaredPath> writes;                        // no globs
    std::vector<std::size_t> needs;                          // instances that write what this reads, sorted
    std::vector<std::size_t> needed_by;
};

struct Graph {
    std::vector<Instance> instances;                         // in an order in which each comes after what it needs; ties by the file's order
    std::optional<std::size_t> find(std::string_view stage, std::string_view instance) const;
};
// Errc::usage with positions: overlapping writes (two instances, or a path inside another's folder), a cycle (its stages in order), a read in the run directory that
// nothing writes (with the nearest that is written, and "workspace:" as a hint when the project has such a file).
core::Result<Graph> build_graph(const Resolved& resolved);

// The text of a command with what was left open: {run_dir}, {out}, {project} and the roots by name. Braces that were doubled become single: always the last step.
using PlaceNames = std::vector<std::pair<std::string, std::string>>;   // "run_dir", "/data/runs/..."
std::string fill_places(std::string_view text, const PlaceNames& places);

// Preflight: every outside input of every instance, before anything runs. One problem each, by stage: missing (named with its root or place), unreadable.
// `is_found` may tell of reads that something is there already; patterns among them are not looked for again.
struct Problem { std::size_t instance; std::string message; bool fatal = true; };  // not fatal: the stage is optional
std::vector<Problem> preflight(const Resolved& resolved, const Graph& graph, const std::function<bool(const DeclaredPath&)>& is_found = {});

// Drawings: Mermaid text, DOT, and the layout table of the docs ("| path | written by | read by |").
std::string to_mermaid(const Resolved& resolved, const Graph& graph);
std::string to_dot(const Resolved& resolved, const Graph& graph);
std::string layout_table(const Resolved& resolved, const Graph& graph);

}  // namespace runlake::pipeline
