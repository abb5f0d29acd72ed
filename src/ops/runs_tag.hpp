// SPDX-License-Identifier: Apache-2.0
// `runs tag`: sets and removes tags of a run, by a record in the journal.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ops/runs_reading.hpp"
#include "os/files.hpp"

namespace runlake::ops {

struct RunsTagRequest {
    RunsScope scope;
    std::string id;                        // a whole id or a prefix
    std::vector<std::string> words;        // "k=v" sets, "k-" removes
    os::Durability durability = os::Durability::process;
};

struct RunsTagResponse {
    core::RunId id;
    std::vector<std::pair<std::string, std::optional<std::string>>> tags;   // what was set, or removed, in the order of the words
    Notes notes;
};

// Whether the words can be understood, without looking at any run.
core::Status check(const RunsTagRequest& request);
// Errors as runs::find_run(); Errc::usage for a word of neither form or a name that is given twice; nothing is recorded then. Errc::io when the journal can't be written.
core::Result<RunsTagResponse> runs_tag(const RunsTagRequest& request);
core::Json to_json(const RunsTagResponse& response);

}  // namespace runlake::ops
