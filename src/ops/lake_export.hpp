// SPDX-License-Identifier: Apache-2.0
// `lake export`: the tables of the lake as files that are the same bytes for the same rows.
#pragma once

#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/export/export_folder.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct LakeExportRequest {
    record::Store store;
    std::string format;                  // "specter-viz", "parquet", "csv", "jsonl"
    std::optional<std::string> profile;  // "full" (default), "dashboard"; not with specter-viz
    std::optional<std::string> out;      // default: <lake>/exports/<format>, with "-dashboard" for that profile
    core::Timestamp now;
};
struct LakeExportResponse {
    std::string format;
    std::string profile;
    std::string out;
    lake::ExportDone done;
};
core::Result<LakeExportResponse> lake_export(const LakeExportRequest& request);
core::Json to_json(const LakeExportResponse& response);

// "runlake 0.1.0", as provenance names the program.
std::string program_name();
// A folder that is to be made, absolute and normal; nothing of it need exist.
core::Result<std::string> target_folder(const std::string& path);

}  // namespace runlake::ops
