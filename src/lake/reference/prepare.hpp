// SPDX-License-Identifier: Apache-2.0
// The reference of a job or release, before its datasets are made: found or built, the selected runs scored where that is asked for, the lake's tables brought up to it, the overlap told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/export/session.hpp"
#include "lake/job/config.hpp"
#include "lake/job/selection.hpp"

namespace runlake::lake {

struct PrepareOrder {
    JobReference reference;
    std::string database;
    std::string references_dir;
    core::Timestamp now;
    std::string program;
};

struct PreparedReference {
    std::string ref_id;
    core::Json facts;             // equal on every machine: ref_id, kind, alpha, meta, members, in_sample, out_of_sample
    core::Json selection;         // by which its members were found, less paths; null where nobody knows
    core::Json scored;            // {"runs", "rows", "valid", "skipped": [{"run_key", "why"}]}; null unless asked for
    std::string artifact_path;    // below the lake's folder
    std::vector<bool> in_sample;  // of the selected runs, in their order

    core::Json to_json() const;   // all of it, as a job's manifest has it
};

// Where the tables have to be changed, `session` is given back and opened anew: nothing that was made in it is there any more. Errc::usage: a reference is to be built without a selection of its own. Errc::not_found: there is no such
// reference, or nothing to build it from. Errc::busy: the tables have to be changed and another process has the lake.
core::Result<PreparedReference> prepare_reference(std::optional<ExportSession>& session, const PrepareOrder& order, const std::vector<SelectedRun>& selected);

// Less what is a path.
core::Json without_paths(const core::Json& selection);

}  // namespace runlake::lake
