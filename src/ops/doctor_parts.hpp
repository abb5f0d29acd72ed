// SPDX-License-Identifier: Apache-2.0
// Inside ops only: the areas that doctor looks at, one function each.
#pragma once

#include <vector>

#include "core/clock.hpp"
#include "ops/doctor.hpp"

namespace runlake::ops {

using Findings = std::vector<Finding>;

void examine_store(const record::Store& store, Findings& out);
// Journal, losses and clock come from one pass over the records.
void examine_journal(const record::Store& store, const core::Clock& clock, Findings& out);
void examine_database(const record::Store& store, Findings& out);
void examine_locks(const record::Store& store, Findings& out);
void examine_disk(const record::Store& store, Findings& out);
void examine_git(const record::Store& store, Findings& out);

// "1.5 GiB"
std::string bytes_text(std::uint64_t bytes);

}  // namespace runlake::ops
