// SPDX-License-Identifier: Apache-2.0
// All that the journal says of one run, without the database: for what must never wait for one.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "record/store.hpp"
#include "runs/merge.hpp"

namespace runlake::ops {

struct JournalRun {
    core::RunId id;
    runs::RunParts parts;
};

// The run that a whole id or its beginning means. `since`: nothing is known of it from before; segments that were last written earlier are not read.
// Errc::usage: no such form. Errc::not_found. Errc::conflict: several begin so (the message lists them).
core::Result<JournalRun> read_run_parts(const record::Store& store, std::string_view id, std::optional<core::Timestamp> since);

// The same for many whole ids, in one reading; those that are not recorded here are missing.
using RunPartsById = std::map<core::RunId, runs::RunParts>;
core::Result<RunPartsById> read_runs_parts(const record::Store& store, const std::set<core::RunId>& wanted);

}  // namespace runlake::ops
