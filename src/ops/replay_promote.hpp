// SPDX-License-Identifier: Apache-2.0
// What the ledger learns of a replay: the original's entry carries the last verdict, so that other machines can see which claims rest on replayed runs.
#pragma once

#include <functional>
#include <string_view>

#include "record/store.hpp"
#include "replay/canonical.hpp"
#include "replay/verdict.hpp"

namespace runlake::ops {

// The entry of the run (or job) that was canonical gets the verdict beside it; a recorded run that has no entry is promoted by rule `replay`. Nothing for canonicals from
// elsewhere. A failure is said once, and never changes the verdict.
void promote_replayed(const record::Store& store, const replay::CanonicalSource& source, const replay::VerdictRecord& verdict, const std::function<void(std::string_view)>& say);

}  // namespace runlake::ops
