// SPDX-License-Identifier: Apache-2.0
// Where two artefacts of replays differ first: the file, and in JSON, CSV and Parquet the key or column.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/replay_session.hpp"

namespace runlake::ops {

// Between two files, by the ending of their name: "key /weights/3: 0.1 and 0.2", "row 7, column score: 1 and 2", "byte 512 of 4096". Nothing when they are equal. What
// can't be read as its name says is compared by bytes.
std::optional<std::string> file_difference(const std::string& name, const std::string& a, const std::string& b);

// Between the kept artefacts of the first replica and the first one that differs from it, in the first of `paths`: "model.json: key /a: 1 and 2". Nothing without a path,
// and when the files were not kept.
std::optional<std::string> first_difference(const CellReplays& replays, const std::vector<std::string>& paths);

}  // namespace runlake::ops
