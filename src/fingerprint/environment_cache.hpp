// SPDX-License-Identifier: Apache-2.0
// What is kept of the slow groups between processes: their digests with what they were read from, and their values. Derived; anything odd in it means: collect anew.
//
// Two files a key in <store>/cache/environment: "<key>" (small, read by every run) and "<key>.groups" (read when a document has to be written).
// Both end in a line "crc <8 hex>" over all bytes before it. The small one:
//     runlake environment cache 1
//     group <name> <64 hex>
//     read <stamp> <path>           stamp: "<mtime ns>.<ctime ns>.<inode>.<size>", or "-" when there was nothing
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "fingerprint/environment_parts.hpp"
#include "record/store.hpp"

namespace runlake::fingerprint {

struct KeptSummary {
    std::vector<Group> groups;                         // without text
    std::map<std::string, std::string> read_from;      // path -> stamp
};

std::string write_summary(const KeptSummary& summary);
core::Result<KeptSummary> read_summary(std::string_view text);   // Errc::corrupt

std::string write_groups(const std::vector<Group>& groups);
core::Result<std::vector<Group>> read_groups(std::string_view text);   // Errc::corrupt

// Names the cache entry: machine, boot, and the variables that say where the slow groups look.
std::string cache_key(const EnvironmentSource& source);

// The kept summary, when all that it was read from looks as it did.
std::optional<KeptSummary> load_summary(const record::Store& store, const EnvironmentSource& source);
std::optional<std::vector<Group>> load_groups(const record::Store& store, const EnvironmentSource& source);
// Best effort. Nothing is kept when something it was read from is younger than `begun_ns`, the stamping clock before the collection.
void keep(const record::Store& store, const Probe& probe, const std::vector<Group>& groups, std::int64_t begun_ns);

}  // namespace runlake::fingerprint
