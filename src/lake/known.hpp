// SPDX-License-Identifier: Apache-2.0
// What the lake knows of units and their files from earlier reconciles: by it is decided what is read again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "lake/discovery.hpp"
#include "lake/source.hpp"
#include "os/stamp.hpp"
#include "sql/database.hpp"

namespace runlake::lake {

// A row of lake_units.
struct KnownUnit {
    std::string source;
    std::string dir;
    std::string root_id;
    std::string rel_dir;
    std::string stamps_digest;
    bool is_settled = false;
};
using KnownUnits = std::unordered_map<std::string, KnownUnit>;  // by unit_key

// A row of lake_files.
struct KnownFile {
    std::string sha256;
    std::int64_t size = 0;
    std::int64_t mtime_ns = 0;
    std::int64_t ctime_ns = 0;
    std::int64_t inode = 0;
    // Whether these are the bytes of the file that has this stamp now.
    bool is_same(const os::Stamp& stamp) const;
};

// A row of artifact_extract_state.
struct KnownState {
    std::string rel_path;  // of the form that was read
    std::string sha256;
    bool parse_ok = false;
    core::Timestamp extracted_at;
};

// The files of one unit as they were read last.
struct KnownContent {
    KnownFiles files;
    std::map<std::pair<std::string, std::string>, KnownState> states;  // by extractor and the path of the plain form
};

core::Result<std::vector<LogRoot>> known_roots(sql::Connection& connection);
core::Result<KnownUnits> known_units(sql::Connection& connection);
// Of those units alone. `keys` are put into a temporary table: the connection need not be one for writing.
core::Result<std::unordered_map<std::string, KnownContent>> known_content(sql::Connection& connection, const std::vector<std::string>& keys);

// What of a stamp the lake keeps, as text: of the same unchanged file always the same.
std::string stamp_text(const os::Stamp& stamp);

// 32 hex digits over names, sizes, times and inodes of all files, and what could not be listed.
std::string stamps_digest(const UnitFiles& files);

// The path of the plain form: less ".gz".
std::string plain_path(std::string_view rel_path);

}  // namespace runlake::lake
