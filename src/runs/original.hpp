// SPDX-License-Identifier: Apache-2.0
// Databases of the original tool (seed 003): their rows as records of ours.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "record/model.hpp"
#include "record/store.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

// Reads table `runs` of the original tool, in any of its versions: columns that are missing count as NULL, times may be TIMESTAMP (UTC) or TIMESTAMPTZ. Each row becomes a start and,
// unless it is running, an end. What the tool did not know stays absent; a missing duration is the difference of the two times; an end without a time gets
// that of the start. Errc::corrupt: the table lacks run_id, stage, status or started_at, or holds a state that never was one.
core::Status read_original(sql::Connection& connection, std::string_view catalog,
                           const std::function<core::Status(const record::StartRecord&, const record::EndRecord*)>& each);

// Appends the rows to the journal, whole and synced before it returns, and gives their number. Doing it twice changes nothing: equal records merge.
core::Result<std::uint64_t> original_to_journal(sql::Connection& connection, const record::Store& store);

}  // namespace runlake::runs
