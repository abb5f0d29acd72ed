// SPDX-License-Identifier: Apache-2.0
// Which runs a reference is made of, and which of others those are: the overlap that makes a score in-sample.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/export/session.hpp"
#include "lake/job/selection.hpp"
#include "lake/reference/reference.hpp"

namespace runlake::lake {

// A reference as the lake's tables tell it.
struct ReferenceHead {
    std::string ref_id;
    double alpha = 1;
    core::Json meta;
    core::Json selection;                  // by which its members were found; null where nobody knows any more
    std::vector<ReferenceMember> members;  // by run_uid
};
// Before show(). Errc::not_found: the lake has none of that id.
core::Result<ReferenceHead> reference_head(ExportSession& session, const std::string& ref_id);

// By run_uid; of runs with one content the first.
std::vector<SelectedRun> distinct_contents(std::vector<SelectedRun> runs);
// Makes temp.named_runs(run_key, position) of these runs.
core::Status name_runs(ExportSession& session, const std::vector<SelectedRun>& runs);
// Of the `count` runs in temp.named_runs, by position: whether it is a member, by its content or by the bytes of its goal cache. A run whose metrics were computed after the reference was built has other content
// and the same outcomes.
core::Result<std::vector<bool>> in_sample_of(ExportSession& session, const std::vector<ReferenceMember>& members, std::size_t count);

}  // namespace runlake::lake
