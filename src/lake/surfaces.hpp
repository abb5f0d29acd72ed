// SPDX-License-Identifier: Apache-2.0
// Surfaces of the project's own: each .sql file of a folder is a table over the files that it names, kept up to date file by file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "lake/discovery.hpp"
#include "lake/extract.hpp"
#include "sql/database.hpp"

namespace runlake::lake {

struct SurfacesRequest {
    std::string folder;          // of .sql files; one that is not there holds none
    std::vector<LogRoot> roots;  // below which files are looked for; what is known of files elsewhere stays
    std::string scratch;         // a folder in which a file may be made while it works
    core::Timestamp now;
    bool full = false;           // read all files again
    std::function<bool()> is_stopped = nullptr;  // asked before each file
};

struct SurfacesReport {
    std::size_t surfaces = 0;
    std::size_t files = 0;        // that surfaces name
    std::size_t files_read = 0;
    std::size_t files_gone = 0;
    std::uint64_t rows = 0;       // written
    std::vector<std::string> notes;  // on surfaces that find no file
    // In lake_surfaces, lake_surface_files and extract_errors too (stage "surface"); rel_path is the surface's file.
    std::vector<FileProblem> problems;
};

// A surface runs once for each file that is new or was changed, in a DuckDB of its own that can open the files of that surface and nothing else: no other table, no other file, no network.
// Its rows, with run_key (of the run whose folder holds the file, where there is one), root_id, rel_path and row in front, take the place of those that the file gave before. Columns
// and their types are those of all files together, so that the order in which files came does not show: where a new file widens them, all files are read again. A file that can't be
// read costs that file, a surface that is wrong costs that surface: its table is gone then. The table of a surface that was removed goes. The connection must not be in a
// transaction; each surface is changed in one. Errc::interrupted: is_stopped() said so; surfaces are then as they were or as they are now.
core::Result<SurfacesReport> reconcile_surfaces(sql::Connection& lake, const SurfacesRequest& request);

}  // namespace runlake::lake
