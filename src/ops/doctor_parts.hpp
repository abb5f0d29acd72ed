// SPDX-License-Identifier: Apache-2.0
// Inside ops only: the areas that doctor looks at, one function each.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/clock.hpp"
#include "ops/doctor.hpp"

namespace runlake::ops {

using Findings = std::vector<Finding>;

void examine_store(const record::Store& store, const core::Clock& clock, Findings& out);
// Journal, losses and clock come from one pass over the records.
void examine_journal(const record::Store& store, const core::Clock& clock, Findings& out);
void examine_database(const record::Store& store, Findings& out);
void examine_locks(const record::Store& store, Findings& out);
void examine_disk(const record::Store& store, Findings& out);
void examine_git(const record::Store& store, Findings& out);

// How far the clock that stamps the store's files is ahead of this machine's (negative: behind), of which `before` and `after` were read around the making of a file that was
// stamped `stamped`. Nothing when it is less than can be told, or than matters.
std::optional<std::int64_t> clock_gap_micros(core::Timestamp before, core::Timestamp stamped, core::Timestamp after);

// "1.5 GiB"
std::string bytes_text(std::uint64_t bytes);

}  // namespace runlake::ops
