// SPDX-License-Identifier: Apache-2.0
#include "metrics/clusters.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/text.hpp"

namespace runlake::metrics {
namespace {

core::Status check(const std::vector<std::vector<double>>& distances) {
    const auto bad = [](std::size_t i, std::size_t j, std::string_view why) { return core::Error(core::Errc::usage, core::cat("matrix of distances, row ", i, ", column ", j, ": ", why)); };
    for (std::size_t i = 0; i < distances.size(); ++i) {
        if (distances[i].size() != distances.size()) { return bad(i, distances[i].size(), "it is not square"); }
        for (std::size_t j = 0; j < distances.size(); ++j) {
            if (!std::isfinite(distances[i][j]) || distances[i][j] < 0) { return bad(i, j, "not a number from 0 up"); }
            if (distances[j].size() == distances.size() && distances[i][j] != distances[j][i]) { return bad(i, j, "it is not symmetric"); }
        }
        if (distances[i][i] != 0) { return bad(i, i, "the distance to itself is not 0"); }
    }
    return core::ok();
}

double mean_distance(const std::vector<std::vector<double>>& distances, const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
    double sum = 0;
    for (const std::size_t i : a) {
        for (const std::size_t j : b) { sum += distances[std::min(i, j)][std::max(i, j)]; }
    }
    return sum / static_cast<double>(a.size() * b.size());
}

}  // namespace

core::Result<Clusters> average_linkage(const std::vector<std::vector<double>>& distances, double cut) {
    RL_TRY(check(distances));
    std::vector<std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < distances.size(); ++i) { groups.push_back({i}); }
    auto between = distances;  // of groups, kept by the formula of Lance and Williams
    while (groups.size() > 1) {
        std::pair<std::size_t, std::size_t> nearest{0, 1};
        for (std::size_t i = 0; i < groups.size(); ++i) {
            for (std::size_t j = i + 1; j < groups.size(); ++j) {
                if (between[i][j] < between[nearest.first][nearest.second]) { nearest = {i, j}; }
            }
        }
        const auto [i, j] = nearest;
        if (!(between[i][j] <= cut)) { break; }
        const auto of_i = static_cast<double>(groups[i].size());
        const auto of_j = static_cast<double>(groups[j].size());
        for (std::size_t k = 0; k < groups.size(); ++k) {
            if (k == i || k == j) { continue; }
            between[i][k] = between[k][i] = (of_i * between[i][k] + of_j * between[j][k]) / (of_i + of_j);
        }
        groups[i].insert(groups[i].end(), groups[j].begin(), groups[j].end());
        std::ranges::sort(groups[i]);
        const auto gone = static_cast<std::ptrdiff_t>(j);
        groups.erase(groups.begin() + gone);
        between.erase(between.begin() + gone);
        for (auto& row : between) { row.erase(row.begin() + gone); }
    }
    Clusters out;
    for (auto& members : groups) {
        Cluster cluster;
        double least = 0;
        for (std::size_t at = 0; at < members.size(); ++at) {
            double sum = 0;
            for (const std::size_t other : members) { sum += distances[members[at]][other]; }
            if (at == 0 || sum < least) {
                least = sum;
                cluster.representative = members[at];
            }
        }
        cluster.members = std::move(members);
        out.clusters.push_back(std::move(cluster));
    }
    for (std::size_t i = 0; i < out.clusters.size(); ++i) {
        auto& row = out.distances.emplace_back();
        for (std::size_t j = 0; j < out.clusters.size(); ++j) { row.push_back(i == j ? 0.0 : mean_distance(distances, out.clusters[i].members, out.clusters[j].members)); }
    }
    return out;
}

}  // namespace runlake::metrics
