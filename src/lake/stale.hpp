// SPDX-License-Identifier: Apache-2.0
// Which units of the lake are not there any more, as far as what was looked at can say.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "lake/known.hpp"
#include "lake/reconcile.hpp"
#include "lake/source.hpp"

namespace runlake::lake {

// Units that the lake knows below the roots that were searched and that were not found, by dir; of those below folders `beside`, which are not searched whole, the ones whose folder has
// gone. One whose folder could not be looked into is not among them: that it was not found says nothing. Nor is one that lies too deep below them, or in a hidden folder, and is found from another of
// the roots that are `registered`.
std::vector<StaleUnit> stale_units(const KnownUnits& known, const std::unordered_set<std::string>& seen, const Units& found, const std::vector<std::string>& beside,
                                   const std::vector<LogRoot>& registered);

}  // namespace runlake::lake
