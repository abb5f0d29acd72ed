// SPDX-License-Identifier: Apache-2.0
// H1 and H2 as pure functions over values, by the rules of IEEE 754. This must never be compiled with -ffast-math.
#pragma once

#ifdef __FAST_MATH__
#error "probes compare floating-point values exactly: build without -ffast-math"
#endif

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/outcome.hpp"

namespace runlake::replay {

// Finite by its exponent bits alone, whatever the compiler assumes of NaN.
bool is_finite(double value);
std::uint64_t bits_of(double value);
// How many representable values lie between the two; both zeros are one. Both finite.
std::uint64_t ulp_distance(double a, double b);

enum class H1 : std::uint8_t { pass, fail, error };
std::string_view h1_name(H1 status);              // PASS, FAIL, ERROR
std::optional<H1> parse_h1(std::string_view name);

enum class DetCause : std::uint8_t { numeric_residue, real_instability };

struct Determinism {
    H1 status = H1::error;
    std::optional<double> det_delta;              // max - min over all replays; nothing on ERROR
    std::optional<std::uint64_t> det_ulp;         // between the extremes
    std::optional<DetCause> cause;                // on FAIL
    bool signed_zero = false;                     // +0.0 and -0.0 among the replays: equal, and told
    std::optional<ReplayError> error;             // on ERROR: the first, by replica
    int error_replica = -1;
    int replays = 0;
    std::vector<std::string> artifacts_differ;    // paths whose digests differ between replays, sorted (also when the metric agrees)
    double difference_bound = 1;                  // zero-event bound: with 95 % confidence at most this share of runs differs, when none of these did
};

// Fewer than two replays are an ERROR. Bits are compared before any subtraction.
Determinism probe_determinism(const std::vector<Outcome>& replays, double eps_num);

struct Divergence {
    std::optional<double> canon_delta;            // |replay - canonical|
    std::optional<std::uint64_t> canon_ulp;
    bool within = false;                          // canon_delta <= epsilon
    bool explained_by_rounding = false;           // the difference is below half a unit of the last decimal that the canonical has
};

// `decimals`: how many decimals the canonical was stored with, when it was rounded. All values finite, epsilon not negative.
Divergence probe_divergence(double replay, double canonical, double epsilon, std::optional<int> decimals);

}  // namespace runlake::replay
