// SPDX-License-Identifier: Apache-2.0
// The contract of an extractor: one file of a run in, rows of its own tables out. To add one: a file in this folder with its tables beside it, a line in the list of its source.
//
// Who calls it finds runs and files, decides by stamps and digests what is read again, deletes the rows that a file gave before (by run_key and rel_path), checks keys, and appends.
// Rows of a file depend on that file's bytes and on what SourceFile says, on nothing else: then any order, any number of threads and any history give the same tables.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "lake/file_input.hpp"
#include "lake/file_rows.hpp"
#include "lake/run_files.hpp"
#include "lake/table.hpp"

namespace runlake::lake {

// Where a file stands. A file that is there plain and packed is offered once: packed, and plain where the packed one is damaged.
struct SourceFile {
    std::string run_key;                 // of the unit
    std::string unit_name;               // of the unit's folder, without what is above it
    std::string rel_path;                // as it is on disk
    std::string plain_name;              // file name less ".gz"
    std::string theorem;                 // "" for a file of the run's own folder
    std::optional<std::string> variant;
    ArtifactKind kind = ArtifactKind::other_json;  // for files of theorems
    bool is_run_file() const { return theorem.empty(); }
};

struct Extraction {
    FileRows rows;
    std::vector<std::string> warnings;   // told, and the rows count all the same
    std::optional<std::uint64_t> warning_line;  // of the first of them, where it is known
    std::string told;                    // of an extractor that `tells`: what the source's `describe` needs of the file
};

struct FileProblem;

// Whose change has an extractor read again.
enum class Reading : std::uint8_t {
    each,      // a file alone: its key holds the file's name or what the name says
    together,  // all files that it takes of a run, in order of rel_path, once one of them changed: the content names what a row is about, and of two files that name the same the
               // first counts and the second is an error
};

struct Extractor {
    std::string_view name;               // "graph"; column extractor of artifact_extract_state
    std::string_view stage;              // "parse_graph"; column stage of its errors
    std::string_view done_word;          // "parsed"; parse_status of a file of a theorem that it has read; "" leaves "indexed"
    std::string_view error_word;         // "parse_error"
    std::span<const Table* const> tables;
    Reading reading;
    bool (*takes)(const SourceFile& file);
    // Errors are of the file: Errc::corrupt says what is wrong with it, lower case, without its name; its line is the file's.
    core::Status (*extract)(const SourceFile& file, FileInput& input, Extraction& out);
    // parse_status of a file whose bytes were read by it before, in a run that has changed elsewhere; "" leaves done_word.
    std::string_view skipped_word = "";
    // It fills Extraction::told, and is asked again for it whenever something of the run has changed.
    bool tells = false;
    // Where its errors (not its warnings) go instead of extract_errors, and how. The table has run_key and rel_path.
    const Table* error_table = nullptr;
    void (*report)(const SourceFile& file, const FileProblem& problem, core::Timestamp now, FileRows& rows) = nullptr;
};

// All of them, source by source, in the order of docs/reference/lake-tables.md.
std::span<const Extractor* const> all_extractors();

}  // namespace runlake::lake
