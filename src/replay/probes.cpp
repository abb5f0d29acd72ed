// SPDX-License-Identifier: Apache-2.0
// H1 and H2. Order of every comparison: not finite first, then bits, only then a difference.
#include "replay/probes.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "replay/statistics.hpp"

namespace runlake::replay {
namespace {

// A position on the line of all doubles on which both zeros are 0 and neighbours are one apart.
std::int64_t position_of(double value) {
    const std::uint64_t bits = bits_of(value);
    const auto magnitude = static_cast<std::int64_t>(bits & 0x7fff'ffff'ffff'ffffULL);
    return bits >> 63U != 0 ? -magnitude : magnitude;
}

// A difference that no double can hold is the largest there is.
double distance(double a, double b) { return std::min(std::abs(a - b), std::numeric_limits<double>::max()); }

std::vector<std::string> differing(const std::vector<Outcome>& replays) {
    std::set<std::string> paths;
    for (const Outcome& replay : replays) {
        for (const FileDigest& file : replay.artifacts) { paths.insert(file.path); }
    }
    std::vector<std::string> differ;
    for (const std::string& path : paths) {
        std::set<std::optional<std::string>> seen;
        for (const Outcome& replay : replays) {
            const auto found = std::find_if(replay.artifacts.begin(), replay.artifacts.end(), [&](const FileDigest& file) { return file.path == path; });
            seen.insert(found == replay.artifacts.end() ? std::nullopt : found->digest);
        }
        if (seen.size() > 1) { differ.push_back(path); }
    }
    return differ;
}

ReplayError error_of(const Outcome& replay) {
    if (replay.error) { return *replay.error; }
    if (!replay.value) { return {.kind = ErrorKind::missing_metric, .detail = "the replay gave no value", .exit_status = {}, .signal = {}}; }
    return {.kind = ErrorKind::not_finite, .detail = "the replay's value is not finite", .exit_status = {}, .signal = {}};
}

}  // namespace

std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }

bool is_finite(double value) { return (bits_of(value) >> 52U & 0x7ffU) != 0x7ffU; }

std::uint64_t ulp_distance(double a, double b) {
    const std::int64_t x = position_of(a);
    const std::int64_t y = position_of(b);
    return x > y ? static_cast<std::uint64_t>(x) - static_cast<std::uint64_t>(y) : static_cast<std::uint64_t>(y) - static_cast<std::uint64_t>(x);
}

std::string_view h1_name(H1 status) {
    switch (status) {
        case H1::pass: return "PASS";
        case H1::fail: return "FAIL";
        case H1::error: break;
    }
    return "ERROR";
}

std::optional<H1> parse_h1(std::string_view name) {
    for (const H1 status : {H1::pass, H1::fail, H1::error}) {
        if (h1_name(status) == name) { return status; }
    }
    return std::nullopt;
}

Determinism probe_determinism(const std::vector<Outcome>& replays, double eps_num) {
    Determinism result;
    result.replays = static_cast<int>(replays.size());
    for (const Outcome& replay : replays) {
        if (replay.ok() && is_finite(*replay.value)) { continue; }
        result.error = error_of(replay);
        result.error_replica = replay.replica;
        return result;
    }
    if (replays.size() < 2) {
        result.error = ReplayError{.kind = ErrorKind::internal, .detail = "fewer than two replays: nothing can be said of determinism", .exit_status = {}, .signal = {}};
        return result;
    }
    result.artifacts_differ = differing(replays);
    result.difference_bound = zero_event_bound(result.replays);
    const double first = *replays.front().value;
    double low = first;
    double high = first;
    bool equal_bits = true;
    for (const Outcome& replay : replays) {
        equal_bits = equal_bits && bits_of(*replay.value) == bits_of(first);
        low = std::min(low, *replay.value);
        high = std::max(high, *replay.value);
    }
    result.det_delta = distance(high, low);
    result.det_ulp = ulp_distance(high, low);
    // What remains equal though its bits differ are the two zeros.
    result.signed_zero = !equal_bits && *result.det_ulp == 0;
    if (*result.det_ulp == 0) {
        result.status = H1::pass;
        return result;
    }
    result.status = H1::fail;
    result.cause = *result.det_delta <= eps_num ? DetCause::numeric_residue : DetCause::real_instability;
    return result;
}

Divergence probe_divergence(double replay, double canonical, double epsilon, std::optional<int> decimals) {
    Divergence result;
    result.canon_delta = distance(replay, canonical);
    result.canon_ulp = ulp_distance(replay, canonical);
    result.within = *result.canon_delta <= epsilon;
    if (decimals && *result.canon_ulp != 0) {
        // A hair more than half a unit: the canonical's last decimal is itself no exact double.
        const double half_unit = 0.5 * std::pow(10.0, -*decimals);
        const double hair = 2 * std::numeric_limits<double>::epsilon() * std::max(std::abs(replay), std::abs(canonical));
        result.explained_by_rounding = *result.canon_delta <= half_unit + hair;
    }
    return result;
}

}  // namespace runlake::replay
