// SPDX-License-Identifier: Apache-2.0
// Outcomes of tactics as a goal cache keeps them, counted.
#pragma once

#include "core/json.hpp"
#include "metrics/k.hpp"

namespace runlake::lake {

// By goal and over all. Families that are no index, and what is no list of outcomes, are passed over; so is a document without entries. A family that was never tried has no attempts.
metrics::OutcomeTable outcome_table(const core::Json& goal_cache);

}  // namespace runlake::lake
