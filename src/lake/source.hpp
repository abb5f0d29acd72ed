// SPDX-License-Identifier: Apache-2.0
// The contract of a source: how the runs of one tool are found below folders, listed and read. To add one: a file in sources/, a line in sources.cpp.
//
// The loop that reconciles knows no source by name. It walks folders once for all of them (discover_units), lists each unit's files, and has what changed read: file by file through
// extractors, or the unit as a whole through `read` where files alone say nothing. The first column of every table of a source is the unit's key, whatever it is called there: by it, and
// by rel_path, the rows of a unit and of a file are found again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "lake/discovery.hpp"
#include "lake/extract.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/run_files.hpp"
#include "lake/table.hpp"

namespace runlake::lake {

struct Source;
struct KnownFile;
using KnownFiles = std::map<std::string, KnownFile, std::less<>>;  // of a unit as they were read last, by rel_path

// A folder that a source reads as one: a run, or a store of many runs. Folders are told apart by source too: one folder may hold units of several.
struct Unit {
    const Source* source = nullptr;
    std::string dir;      // resolved
    std::string key;      // 16 hex: run_key(dir) for proof-search, for others stable_id({source, dir})
    std::string root_id;  // of the shallowest known root that holds it
    std::string rel_dir;  // below that root; "." for the root itself
    bool operator==(const Unit&) const = default;
};

// What detection may look at: names. Hidden entries are among them.
struct FolderNames {
    std::string path;                  // resolved
    std::vector<std::string> folders;  // sorted, links to folders among them
    std::vector<std::string> files;    // sorted, everything else
    std::string_view name() const;     // the folder's own
    bool has_folder(std::string_view name) const;
    bool has_file(std::string_view name) const;
};

// What a source says of a folder.
struct Detection {
    std::vector<std::string> units;        // folders that are units of it: the folder itself, or some directly below
    std::vector<std::string> hidden;       // names of hidden folders in it that are to be searched too; others are left out
    bool is_whole = false;                 // what lies below belongs to the unit: nobody searches there
    std::vector<std::string> kept;         // names of folders in it of which the same holds
    std::vector<PassedOver> passed_over;   // what looks like a unit and is none
};

// The files of a unit as they are on disk now.
struct UnitFiles {
    std::vector<Offer> offers;  // each file once, by rel_path
    std::vector<RunFiles::Unreadable> unreadable;
};

// A file of a unit as the lake knows it, for `describe`.
struct FileFact {
    std::string rel_path;
    std::string sha256;       // "" where it could not be read
    std::uint64_t bytes = 0;
    std::int64_t mtime_ns = 0;
    std::string parse_status;  // done_word, skipped_word or error_word of the extractor that read it; "" where none did
    std::string told;          // by an extractor that tells
};

// Takes rows piece by piece: each piece is in the transaction of its unit, and holds no row of a key that another piece has.
using RowSink = std::function<core::Status(FileRows&& rows)>;

struct Source {
    std::string_view name;  // "mlflow"; column source of all_runs
    std::string_view help;  // one sentence: what is a run of it
    // Nothing where the folder says nothing to it. Looks at names; a look at what lies directly below costs as many calls as it has matching names, and reads no file.
    // Asked of several folders by several threads at once.
    Detection (*detect)(const FolderNames& folder);
    bool only_unclaimed = false;  // asked only about folders that no source before it took: for formats that are not any one tool's
    // Errc::not_found: the unit's folder is gone.
    core::Result<UnitFiles> (*list)(const Unit& unit);

    // Read file by file. Which extractor takes which file is theirs to say; no other source's files are shown to them.
    std::span<const Extractor* const> extractors;
    // Rows about a unit as a whole, of `unit_tables`, made again whenever a file of it was added, changed or has gone, after its files were read. Null where there are none.
    core::Status (*describe)(const Unit& unit, const UnitFiles& files, std::span<const FileFact> facts, Extraction& out) = nullptr;
    // Read whole, instead of by extractors: all rows of `unit_tables`, handed on piece by piece, whenever a file was added, changed or has gone. Memory is bounded by a piece. What is
    // wrong with single files goes to `problems`; an error leaves the unit as it was.
    core::Status (*read)(const Unit& unit, const UnitFiles& files, const RowSink& sink, std::vector<FileProblem>& problems) = nullptr;
    // Where a unit that is read whole only grows: which of its things were told of since `known`, as values of the second column of all its tables, sorted; nothing where that can't be
    // told. Then read_changed() gives the rows of these alone, and their earlier rows go; else read() gives all.
    std::optional<std::vector<std::string>> (*changed)(const Unit& unit, const UnitFiles& files, const KnownFiles& known) = nullptr;
    core::Status (*read_changed)(const Unit& unit, std::span<const std::string> changed, const RowSink& sink, std::vector<FileProblem>& problems) = nullptr;
    std::span<const Table* const> unit_tables;

    // SELECT source, unit_key, run_key, run_id (the tool's own), name, state, started_at, finished_at, params, metrics (JSON objects, sorted keys): its part of the view all_runs; "" where it has
    // none. A row has a run_key of its own. @object(name, text of a value) stands for the aggregate that makes such an object of rows, @time(text) for the time in UTC that a text tells.
    std::string_view all_runs;
    // Of a store of many runs: the column that has run_id of all_runs, in those of its tables that tell runs apart. "" where a unit is a run.
    std::string_view run_column = "";
    // Its run_id names a run everywhere and for all time, as a UUID does: a run's uid is made of it. Else it is made of the bytes of the unit's files.
    bool has_own_ids = false;
};

// All of them, in the order in which they are asked (sources.cpp).
std::span<const Source* const> all_sources();
// Null: there is none of that name.
const Source* find_source(std::string_view name);

struct DiscoverRequest {
    std::vector<std::string> roots;   // folders by any path, searched six levels below their children
    std::vector<LogRoot> known;       // registered before: they decide by which root a unit is told
    std::vector<std::string> beside;  // folders such as the project's own: looked at themselves, and into those hidden folders that a source asks for, no further
};

struct Units {
    std::vector<LogRoot> roots;           // as Discovery::roots
    std::vector<Unit> units;              // by dir, then in the order of sources; each once
    std::vector<PassedOver> passed_over;  // by dir
};

// One walk for all sources. Errc::not_found: a root is no folder; a missing one of `beside` is left out.
core::Result<Units> discover_units(const DiscoverRequest& request);

// The key of a unit of `source` in that folder.
std::string unit_key(const Source& source, const std::string& dir);

// CREATE OR REPLACE VIEW all_runs AS ...: the runs of every source side by side. Needs the tables.
std::string all_runs_sql();

}  // namespace runlake::lake
