// SPDX-License-Identifier: Apache-2.0
// An export: the tables of a profile in a folder that is published whole, with a manifest, and a record of when and by what beside it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "lake/export/dataset.hpp"
#include "lake/export/profile.hpp"

namespace runlake::lake {

// One JSON lines file a table of proof searches, by the name that readers of these datasets know.
inline constexpr std::string_view k_viz_format = "specter-viz";

struct ExportOrder {
    std::string database;
    std::string out;               // absolute
    std::string format_word;       // "specter-viz", "parquet", "csv", "jsonl": as the manifest names it
    DatasetFormat format = DatasetFormat::jsonl;
    Profile profile = Profile::full;
    core::Timestamp now;
    std::string program;           // "runlake 0.1.0"
};

struct ExportDone {
    std::vector<Dataset> datasets;
    std::int64_t runs = 0;
    bool replaced = false;                // an earlier export was there
    std::int64_t left_out = 0;            // runs that are no proof searches, which specter-viz and the dashboard have no tables for
    std::vector<std::string> with_paths;  // tables of such runs, and of the project's own, that were left out, since a value in them is a path of this machine
};

// Errc::conflict: `out` is there and is no export of ours, or has files in it that are not; nothing is touched.
core::Result<ExportDone> export_lake(const ExportOrder& order);

// Errc::conflict unless `folder` is missing, empty, or holds what its manifest.json names and the other files of `own`, no more: then it may be replaced.
core::Status check_replaceable(const std::string& folder, const std::vector<std::string>& own);
// Whether there is anything.
bool has_content(const std::string& folder);
// Times and versions: what no manifest says.
core::Result<std::string> provenance_document(core::Timestamp now, const std::string& program);

}  // namespace runlake::lake
