// SPDX-License-Identifier: Apache-2.0
#include "metrics/sequence.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace runlake::metrics {

double sequence_edit_distance(std::size_t a, std::size_t b, const ItemCost& cost) {
    std::vector<double> row(b + 1);
    std::iota(row.begin(), row.end(), 0.0);
    for (std::size_t i = 1; i <= a; ++i) {
        double corner = row[0];
        row[0] = static_cast<double>(i);
        for (std::size_t j = 1; j <= b; ++j) {
            const double replaced = corner + cost(i - 1, j - 1);
            corner = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row[b];
}

double normalized_sequence_edit_distance(std::size_t a, std::size_t b, const ItemCost& cost) {
    return a + b == 0 ? 0.0 : sequence_edit_distance(a, b, cost) / static_cast<double>(a + b);
}

}  // namespace runlake::metrics
