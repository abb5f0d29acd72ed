// SPDX-License-Identifier: Apache-2.0
#include "metrics/numbers.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace runlake::metrics {

double rounded(double value, int decimals) { return core::parse_float(core::format_fixed(value, decimals)).value_or(value) + 0.0; }

core::Json spread(std::vector<double> values) {
    if (values.empty()) { return {}; }
    std::ranges::sort(values);
    double sum = 0;
    for (const double value : values) { sum += value; }
    const auto at = [&](double p) { return rounded(values[static_cast<std::size_t>(static_cast<double>(values.size() - 1) * p)]); };
    core::Json out = core::Json::object();
    out.set("count", std::uint64_t{values.size()}).set("mean", rounded(sum / static_cast<double>(values.size())));
    return out.set("p50", at(0.5)).set("p90", at(0.9)).set("min", at(0)).set("max", at(1));
}

}  // namespace runlake::metrics
