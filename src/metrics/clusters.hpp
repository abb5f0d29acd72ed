// SPDX-License-Identifier: Apache-2.0
// Groups of things that are near each other, by average linkage over a matrix of distances.
#pragma once

#include <cstddef>
#include <vector>

#include "core/result.hpp"

namespace runlake::metrics {

struct Cluster {
    std::vector<std::size_t> members;  // ascending
    std::size_t representative = 0;    // the member whose distances to the others sum to the least; the first of several
    bool operator==(const Cluster&) const = default;
};
struct Clusters {
    std::vector<Cluster> clusters;               // by their first member
    std::vector<std::vector<double>> distances;  // between clusters: the mean over all pairs of members; 0 on the diagonal
};

// Joins the two nearest clusters again and again, as long as the mean distance of their members (UPGMA, Sokal and Michener 1958) is at most `cut`. Of several pairs that are equally near, the
// one with the lowest first members. Errc::usage: the matrix is not square, not symmetric, has a number that is negative or none, or a diagonal that is not 0.
core::Result<Clusters> average_linkage(const std::vector<std::vector<double>>& distances, double cut);

}  // namespace runlake::metrics
