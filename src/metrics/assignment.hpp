// SPDX-License-Identifier: Apache-2.0
// The cheapest way to give each row a column of its own.
#pragma once

#include <cstddef>
#include <vector>

namespace runlake::metrics {

// rows <= columns; costs by row. The Hungarian method with potentials (Kuhn 1955; Jonker and Volgenant's shortest augmenting paths).
struct Assignment {
    double cost = 0;
    std::vector<std::size_t> column;  // of each row
    std::vector<double> of_row;       // potentials: cost(r, c) - of_row[r] - of_column[c] >= 0 is what choosing (r, c) adds at least
    std::vector<double> of_column;
};
Assignment cheapest_assignment(std::size_t rows, std::size_t columns, const std::vector<double>& costs);

}  // namespace runlake::metrics
