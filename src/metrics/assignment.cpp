// SPDX-License-Identifier: Apache-2.0
#include "metrics/assignment.hpp"

#include <limits>

namespace runlake::metrics {

Assignment cheapest_assignment(std::size_t rows, std::size_t columns, const std::vector<double>& costs) {
    constexpr double k_far = std::numeric_limits<double>::infinity();
    // Position 0 is "none" in both directions.
    std::vector<double> of_row(rows + 1, 0);
    std::vector<double> of_column(columns + 1, 0);
    std::vector<std::size_t> row_of(columns + 1, 0);
    std::vector<std::size_t> before(columns + 1, 0);
    std::vector<double> least(columns + 1);
    std::vector<char> is_used(columns + 1);
    for (std::size_t row = 1; row <= rows; ++row) {
        row_of[0] = row;
        std::size_t at = 0;
        least.assign(columns + 1, k_far);
        is_used.assign(columns + 1, 0);
        do {
            is_used[at] = 1;
            const std::size_t here = row_of[at];
            double step = k_far;
            std::size_t next = 0;
            for (std::size_t column = 1; column <= columns; ++column) {
                if (is_used[column] != 0) { continue; }
                const double reduced = costs[(here - 1) * columns + column - 1] - of_row[here] - of_column[column];
                if (reduced < least[column]) {
                    least[column] = reduced;
                    before[column] = at;
                }
                if (least[column] < step) {
                    step = least[column];
                    next = column;
                }
            }
            for (std::size_t column = 0; column <= columns; ++column) {
                if (is_used[column] != 0) {
                    of_row[row_of[column]] += step;
                    of_column[column] -= step;
                } else {
                    least[column] -= step;
                }
            }
            at = next;
        } while (row_of[at] != 0);
        while (at != 0) {
            row_of[at] = row_of[before[at]];
            at = before[at];
        }
    }
    Assignment out;
    out.column.resize(rows);
    for (std::size_t column = 1; column <= columns; ++column) {
        if (row_of[column] != 0) { out.column[row_of[column] - 1] = column - 1; }
    }
    for (std::size_t row = 0; row < rows; ++row) { out.cost += costs[row * columns + out.column[row]]; }
    out.of_row.assign(of_row.begin() + 1, of_row.end());
    out.of_column.assign(of_column.begin() + 1, of_column.end());
    return out;
}

}  // namespace runlake::metrics
