// SPDX-License-Identifier: Apache-2.0
// An export: the tables of a profile in a folder that is published whole, with a manifest, and a record of when and by what beside it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "lake/export/dataset.hpp"
#include "lake/export/profile.hpp"

namespace runlake::lake {

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
    bool replaced = false;  // an earlier export was there
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
