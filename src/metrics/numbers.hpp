// SPDX-License-Identifier: Apache-2.0
// Numbers as the payloads have them, and what a list of them says.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/json.hpp"

namespace runlake::metrics {

// To `decimals` places, to nearest, as Python's round().
double rounded(double value, int decimals = 6);

// count, mean, p50, p90, min and max; the quantile p is the value at floor((n - 1) p) of the sorted ones. null for none.
core::Json spread(std::vector<double> values);

}  // namespace runlake::metrics
