// SPDX-License-Identifier: Apache-2.0
// Which runs of a store its journal tells of since the lake has read it: only their rows are made again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lake/known.hpp"
#include "record/store.hpp"

namespace runlake::lake {

// Their ids, sorted; `files` are those of the store's journal, `known` the same as they were read last. Nothing where it can't be told and all is to be read: a segment has gone or is another
// below the size that it had, as after a compaction, or more came than it is worth.
std::optional<std::vector<std::string>> runs_told_of_since(const record::Store& store, const UnitFiles& files, const KnownFiles& known);

}  // namespace runlake::lake
