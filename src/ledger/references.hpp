// SPDX-License-Identifier: Apache-2.0
// Which runs the committed files of a project refer to: what a cleaning-up must keep.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::ledger {

// Every whole run id in any file of the ledger (packs, too), of what stands beside it, of the verdicts, of a repository's .aexp folder and of its knowledge base, with the first file that names it (by path). Looks for the
// form of an id alone, so that entries of later schemas and of other tools keep their runs as well. Links are not followed.
// A run entry that is there by rule (a pipeline's own run) refers to nothing, not even to itself.
// A file or folder that can't be read is Errc::io: who can't see all references must remove nothing.
core::Result<std::map<core::RunId, std::string>> referenced_runs(const record::Store& store);

// The whole run ids in a text, in its order.
std::vector<core::RunId> run_ids_in(std::string_view text);

}  // namespace runlake::ledger
