// SPDX-License-Identifier: Apache-2.0
// Files of metrics that anybody may leave in the folder of a run: read by every source whose runs are folders.
#pragma once

#include <string_view>

#include "lake/extractors/extractor.hpp"

namespace runlake::lake {

// metrics.json, metrics.jsonl, metrics.csv, metrics.parquet.
bool is_metrics_file(std::string_view name);
extern const Extractor k_file_metrics_extractor;

}  // namespace runlake::lake
