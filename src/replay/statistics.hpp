// SPDX-License-Identifier: Apache-2.0
// The bounds of the reproducibility envelope and what can be said of a sample. The only user of Boost.Math. docs/guide/replay-method.md says which is right when.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::replay {

inline constexpr int k_fewest_envelope_runs = 10;

// All for content 95 % and confidence 95 %; n at least 2.
double single_factor(int n);                      // k(n): exact one-sided factor for one value
double difference_factor(int n);                  // c(n): for the difference of two runs
double chi_square_quantile_05(int degrees);
double prediction_factor(int n);                  // t_{n-1, .975} * sqrt(1 + 1/n)
double zero_event_bound(int n);                   // 1 - .05^(1/n)
double wilks_confidence(int n, int rank_from_top);
std::optional<int> wilks_rank(int n);             // the largest rank from the top that still bounds; nothing below 59
// The limit of Grubbs's outlier statistic at 1 %, two-sided.
double outlier_limit(int n);

enum class Method : std::uint8_t { automatic, diff_chi2, k_single, wilks, range };
std::string_view method_name(Method method);
std::optional<Method> parse_method(std::string_view name);

struct Sample {
    int n = 0;
    double mean = 0;
    double s = 0;                                 // with n - 1
    double median = 0;
    double min = 0;
    double max = 0;
    double range = 0;
    double skewness = 0;                          // third moment over its standard error: beyond 2.576 is suspect
    double largest_share = 0;                     // of the most frequent value: from one half on is suspect
    double outlier = 0;                           // Grubbs's statistic, the largest |x - mean| / s
    double outlier_limit = 0;                     // its limit at 1 %: above is suspect
};

struct Bound {
    Sample sample;
    Method asked = Method::automatic;
    Method used = Method::diff_chi2;
    double eps_prod = 0;
    double k_times_s = 0;
    double c_times_s = 0;
    std::optional<double> wilks;                  // of disjoint pairs, when n >= 118
    double prediction = 0;                        // half width of the interval for one more run
    double detectable_shift = 0;                  // a shift between replay and canonical that exceeds eps_prod with probability 0.9
    double zero_event = 0;                        // 1 - .05^(1/n)
    bool bit_equal = false;
    bool assumption_suspect = false;
    std::vector<std::string> notes;               // why it is suspect, what to do
};

// Errc::usage: fewer than ten values ("epsilon_prod_unmeasured: too few"), a value that is not finite (with its index), or a method that n is too small for.
// `groups`: how many of the values, in their order, each host gave; hosts that differ more than their runs do (analysis of variance, 1 %) speak against the sample.
core::Result<Bound> bound_of(const std::vector<double>& values, Method method, const std::vector<int>& groups = {});
// The share of samples from one distribution whose groups differ as much: of the F statistic of a one-way analysis of variance. 1 when nothing can be said.
double groups_p(const std::vector<double>& values, const std::vector<int>& groups);
// The shift that exceeds `epsilon` with probability 0.9, for normal runs whose standard deviation was measured as `s` from n of them.
double detectable_shift(int n, double s, double epsilon);
// Whether a value lies where one more run of the sample would, in 95 of 100 cases.
bool is_member(const Bound& bound, double value);

}  // namespace runlake::replay
