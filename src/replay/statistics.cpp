// SPDX-License-Identifier: Apache-2.0
// Tolerance factors from Boost's distributions, and the bound of a sample.
#include "replay/statistics.hpp"

#include <algorithm>
#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <map>
#include <numeric>

#include "core/text.hpp"
#include "replay/probes.hpp"

namespace runlake::replay {
namespace {

namespace bm = boost::math;
using core::cat;

// No exception leaves Boost: what it can't compute is NaN, and no factor of ours asks for such a thing.
using Quiet = bm::policies::policy<bm::policies::domain_error<bm::policies::ignore_error>, bm::policies::pole_error<bm::policies::ignore_error>,
                                   bm::policies::overflow_error<bm::policies::ignore_error>, bm::policies::evaluation_error<bm::policies::ignore_error>,
                                   bm::policies::rounding_error<bm::policies::ignore_error>, bm::policies::promote_double<true>>;

constexpr double k_z95 = 1.644853626951472714864;
constexpr double k_z975 = 1.959963984540054235525;
constexpr double k_content = 0.95;
constexpr double k_confidence = 0.95;
constexpr int k_fewest_pairs_runs = 118;    // 59 disjoint pairs
constexpr int k_fewest_range_runs = 186;    // both of two runs between the extremes of a sample
constexpr double k_skewness_limit = 2.576;  // 1 %, two-sided
constexpr double k_hosts_limit = 0.01;
constexpr double k_power = 0.9;

Sample describe(std::vector<double> sorted) {
    std::sort(sorted.begin(), sorted.end());
    Sample sample;
    sample.n = static_cast<int>(sorted.size());
    const auto n = static_cast<double>(sorted.size());
    sample.min = sorted.front();
    sample.max = sorted.back();
    sample.range = sample.max - sample.min;
    const std::size_t half = sorted.size() / 2;
    sample.median = sorted.size() % 2 != 0 ? sorted[half] : sorted[half - 1] + (sorted[half] - sorted[half - 1]) / 2;
    // Offsets from the smallest, so that a common offset costs no digits.
    double sum = 0;
    for (const double value : sorted) { sum += value - sample.min; }
    const double mean_offset = sum / n;
    sample.mean = sample.min + mean_offset;
    double squares = 0;
    double cubes = 0;
    std::size_t most = 1;
    std::size_t same = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const double off = (sorted[i] - sample.min) - mean_offset;
        squares += off * off;
        cubes += off * off * off;
        same = i > 0 && sorted[i] == sorted[i - 1] ? same + 1 : 1;
        most = std::max(most, same);
    }
    sample.largest_share = static_cast<double>(most) / n;
    if (sample.range == 0) { return sample; }
    sample.s = std::sqrt(squares / (n - 1));
    const double second = squares / n;
    sample.skewness = second > 0 ? cubes / n / (second * std::sqrt(second)) / std::sqrt(6 * (n - 2) / ((n + 1) * (n + 3))) : 0;
    sample.outlier = std::max(sample.max - sample.mean, sample.mean - sample.min) / sample.s;
    sample.outlier_limit = outlier_limit(sample.n);
    return sample;
}

// The largest rank of the differences between disjoint pairs of runs, in the order in which they were made.
double pairs_bound(const std::vector<double>& values) {
    std::vector<double> differences;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2) { differences.push_back(std::abs(values[i] - values[i + 1])); }
    std::sort(differences.begin(), differences.end());
    const int rank = wilks_rank(static_cast<int>(differences.size())).value_or(1);
    return differences[differences.size() - static_cast<std::size_t>(rank)];
}

// The factors of an n, which many cells share.
struct Factors {
    double single = 0;
    double difference = 0;
    double prediction = 0;
};
const Factors& factors_of(int n) {
    thread_local std::map<int, Factors> known;
    if (const auto found = known.find(n); found != known.end()) { return found->second; }
    return known.emplace(n, Factors{single_factor(n), difference_factor(n), prediction_factor(n)}).first->second;
}

void doubt(Bound& bound) {
    const Sample& sample = bound.sample;
    if (sample.largest_share >= 0.5) { bound.notes.push_back(cat("one value is ", core::format_fixed(100 * sample.largest_share, 0), " % of the sample")); }
    if (std::abs(sample.skewness) > k_skewness_limit) { bound.notes.push_back(cat("the sample is skewed (", core::format_fixed(sample.skewness, 2), " standard errors)")); }
    if (sample.outlier > sample.outlier_limit) {
        bound.notes.push_back(cat("the sample has an outlier (", core::format_fixed(sample.outlier, 2), " standard deviations, limit ", core::format_fixed(sample.outlier_limit, 2), ")"));
    }
}

Method choose(Bound& bound) {
    const bool doubtful = !bound.notes.empty();
    const int n = bound.sample.n;
    if (bound.asked != Method::automatic) {
        bound.assumption_suspect = doubtful && (bound.asked == Method::diff_chi2 || bound.asked == Method::k_single);
        return bound.asked;
    }
    if (!doubtful) { return Method::diff_chi2; }
    if (n >= k_fewest_range_runs) { return Method::range; }
    if (n >= k_fewest_pairs_runs) { return Method::wilks; }
    bound.assumption_suspect = true;
    bound.notes.push_back(cat("with ", k_fewest_pairs_runs, " runs a bound for any shape would be used"));
    return Method::diff_chi2;
}

// P(|N(shift, 2)| > factor * w) over the distribution of w = s / sigma from n runs.
double power_at(int n, double factor, double shift) {
    const double v = n - 1;
    const double spread = 10 / std::sqrt(2 * v);
    const double low = std::max(0.0, 1 - spread);
    const double high = 1 + spread;
    const double log_scale = std::log(2.0) + v / 2 * std::log(v / 2) - bm::lgamma(v / 2, Quiet());
    const auto tail = [](double x) { return 0.5 * std::erfc(x / std::sqrt(2.0)); };
    const auto integrand = [&](double w) {
        if (w <= 0) { return 0.0; }
        const double density = std::exp(log_scale + (v - 1) * std::log(w) - v * w * w / 2);
        const double edge = factor * w;
        return density * (tail((edge - shift) / std::sqrt(2.0)) + tail((edge + shift) / std::sqrt(2.0)));
    };
    constexpr int k_panels = 40;
    double sum = 0;
    for (int i = 0; i < k_panels; ++i) {
        const double step = (high - low) / k_panels;
        sum += bm::quadrature::gauss<double, 15>::integrate(integrand, low + i * step, low + (i + 1) * step);
    }
    return sum;
}

}  // namespace

double single_factor(int n) {
    const double root = std::sqrt(static_cast<double>(n));
    const bm::non_central_t_distribution<double, Quiet> distribution(n - 1, k_z95 * root);
    return bm::quantile(distribution, k_confidence) / root;
}

double chi_square_quantile_05(int degrees) {
    const bm::chi_squared_distribution<double, Quiet> distribution(degrees);
    return bm::quantile(distribution, 1 - k_confidence);
}

double difference_factor(int n) { return k_z975 * std::sqrt(2.0) * std::sqrt((n - 1) / chi_square_quantile_05(n - 1)); }

double prediction_factor(int n) {
    const bm::students_t_distribution<double, Quiet> distribution(n - 1);
    return bm::quantile(distribution, 0.975) * std::sqrt(1 + 1.0 / n);
}

double zero_event_bound(int n) { return -std::expm1(std::log(1 - k_confidence) / n); }

double wilks_confidence(int n, int rank_from_top) {
    if (rank_from_top < 1 || rank_from_top > n) { return 0; }
    const bm::binomial_distribution<double, Quiet> distribution(n, 1 - k_content);
    return bm::cdf(bm::complement(distribution, rank_from_top - 1));
}

std::optional<int> wilks_rank(int n) {
    int rank = 0;
    while (wilks_confidence(n, rank + 1) >= k_confidence) { ++rank; }
    return rank > 0 ? std::optional(rank) : std::nullopt;
}

double outlier_limit(int n) {
    if (n < 3) { return HUGE_VAL; }
    const bm::students_t_distribution<double, Quiet> distribution(n - 2);
    const double t = bm::quantile(bm::complement(distribution, 0.01 / (2.0 * n)));
    return (n - 1) / std::sqrt(static_cast<double>(n)) * std::sqrt(t * t / (n - 2 + t * t));
}

double detectable_shift(int n, double s, double epsilon) {
    if (n < 2 || !(s > 0)) { return epsilon; }
    // As a float: a factor found from c * s / s and c itself are one, so that it is computed once for many cells.
    const double factor = static_cast<double>(static_cast<float>(epsilon / s));
    thread_local std::map<std::pair<int, double>, double> known;
    const std::pair key(n, factor);
    if (const auto found = known.find(key); found != known.end()) { return s * found->second; }
    double low = 0;
    double high = factor + 10;
    while (power_at(n, factor, high) < k_power && high < 1e6) { high *= 2; }
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (power_at(n, factor, middle) < k_power ? low : high) = middle;
    }
    if (known.size() > 1000) { known.clear(); }
    return s * known.emplace(key, (low + high) / 2).first->second;
}

std::string_view method_name(Method method) {
    switch (method) {
        case Method::automatic: return "auto";
        case Method::diff_chi2: return "diff_chi2";
        case Method::k_single: return "k_single";
        case Method::wilks: return "wilks";
        case Method::range: break;
    }
    return "range";
}

std::optional<Method> parse_method(std::string_view name) {
    for (const Method method : {Method::automatic, Method::diff_chi2, Method::k_single, Method::wilks, Method::range}) {
        if (method_name(method) == name) { return method; }
    }
    return std::nullopt;
}

double groups_p(const std::vector<double>& values, const std::vector<int>& groups) {
    const auto n = static_cast<double>(values.size());
    const auto k = static_cast<double>(groups.size());
    std::size_t total = 0;
    for (const int size : groups) {
        if (size < 1) { return 1; }
        total += static_cast<std::size_t>(size);
    }
    if (groups.size() < 2 || total != values.size() || total <= groups.size()) { return 1; }
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double between = 0;
    double within = 0;
    auto at = values.begin();
    for (const int size : groups) {
        const auto end = at + size;
        const double own = std::accumulate(at, end, 0.0) / size;
        between += size * (own - mean) * (own - mean);
        for (; at != end; ++at) { within += (*at - own) * (*at - own); }
    }
    if (!is_finite(between) || !is_finite(within) || between == 0) { return 1; }
    if (within == 0) { return 0; }
    const double f = between / (k - 1) / (within / (n - k));
    return bm::cdf(bm::complement(bm::fisher_f_distribution<double, Quiet>(k - 1, n - k), f));
}

core::Result<Bound> bound_of(const std::vector<double>& values, Method method, const std::vector<int>& groups) {
    const auto refuse = [](std::string why) { return core::Error(core::Errc::usage, std::move(why)); };
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!is_finite(values[i])) { return refuse(cat("value ", i, " of the envelope's runs is not finite")); }
    }
    const int n = static_cast<int>(values.size());
    if (n < k_fewest_envelope_runs) { return refuse(cat("too few runs for an envelope: ", n, ", and at least ", k_fewest_envelope_runs, " are needed")); }
    if (method == Method::wilks && n < k_fewest_pairs_runs) { return refuse(cat("method wilks needs ", k_fewest_pairs_runs, " runs (59 disjoint pairs), there are ", n)); }
    if (method == Method::range && n < k_fewest_range_runs) { return refuse(cat("method range needs ", k_fewest_range_runs, " runs, there are ", n)); }
    Bound bound;
    bound.asked = method;
    bound.sample = describe(values);
    if (!is_finite(bound.sample.range) || !is_finite(bound.sample.s)) { return refuse("the envelope's runs lie too far apart for their spread to be a number"); }
    bound.zero_event = zero_event_bound(n);
    bound.bit_equal = std::all_of(values.begin(), values.end(), [&](double value) { return bits_of(value) == bits_of(values.front()); });
    bound.k_times_s = factors_of(n).single * bound.sample.s;
    bound.c_times_s = factors_of(n).difference * bound.sample.s;
    bound.prediction = factors_of(n).prediction * bound.sample.s;
    if (n >= k_fewest_pairs_runs) { bound.wilks = pairs_bound(values); }
    if (bound.sample.range == 0) {
        bound.used = method == Method::automatic ? Method::diff_chi2 : method;
        bound.notes.push_back(cat("all ", n, " runs are equal: with 95 % confidence at most ", core::format_fixed(100 * bound.zero_event, 1), " % of runs differ"));
        return bound;
    }
    doubt(bound);
    const bool hosts_differ = groups_p(values, groups) < k_hosts_limit;
    if (hosts_differ) {
        bound.notes.push_back(cat("the ", groups.size(), " hosts differ more than the runs of one: the bound holds for these hosts; measure on more of them"));
    }
    bound.used = choose(bound);
    bound.assumption_suspect = bound.assumption_suspect || hosts_differ;   // no method is right for them
    switch (bound.used) {
        case Method::k_single: bound.eps_prod = bound.k_times_s; break;
        case Method::wilks: bound.eps_prod = bound.wilks.value_or(bound.sample.range); break;
        case Method::range: bound.eps_prod = bound.sample.range; break;
        case Method::automatic:
        case Method::diff_chi2: bound.eps_prod = bound.c_times_s; break;
    }
    bound.detectable_shift = detectable_shift(n, bound.sample.s, bound.eps_prod);
    return bound;
}

bool is_member(const Bound& bound, double value) { return std::abs(value - bound.sample.mean) <= bound.prediction; }

}  // namespace runlake::replay
