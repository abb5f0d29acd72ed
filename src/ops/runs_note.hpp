// SPDX-License-Identifier: Apache-2.0
// `runs note`: adds a note to a run, by a record in the journal.
#pragma once

#include <string>

#include "ops/runs_reading.hpp"
#include "os/files.hpp"

namespace runlake::ops {

struct RunsNoteRequest {
    RunsScope scope;
    std::string id;            // a whole id or a prefix
    std::string text;
    os::Durability durability = os::Durability::process;
};

struct RunsNoteResponse {
    core::RunId id;
    std::string text;          // as it was recorded: without secrets
    Notes notes;
};

// Whether id and text can be taken, without looking at any run.
core::Status check(const RunsNoteRequest& request);
// Errors as runs::find_run(); Errc::usage for a text that is empty or not UTF-8; Errc::io when the journal can't be written.
core::Result<RunsNoteResponse> runs_note(const RunsNoteRequest& request);
core::Json to_json(const RunsNoteResponse& response);

}  // namespace runlake::ops
