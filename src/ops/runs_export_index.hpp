// SPDX-License-Identifier: Apache-2.0
// `runs-export-index`: the list of this machine's finished jobs that the ledger has replaced. Deprecated.
#pragma once

#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct RunsExportIndexRequest {
    record::Store store;
    std::optional<std::string> label;   // names the file as well
    std::optional<std::string> out;     // default: runs-index/<label>.json
    core::Timestamp now;
};
struct RunsExportIndexResponse {
    std::size_t entries = 0;
    std::string path;
};
core::Result<RunsExportIndexResponse> runs_export_index(const RunsExportIndexRequest& request);
core::Json to_json(const RunsExportIndexResponse& response);

}  // namespace runlake::ops
