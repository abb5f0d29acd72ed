// SPDX-License-Identifier: Apache-2.0
// Does each candidate for epsilon cover 95 % of |X - Y| with 95 % confidence, as docs/guide/replay-method.md says? And how many cells are decided a second.
// Prints JSON: for each statistic, shape and n the share of samples whose bound covers, the standard error of that share, and what an earlier, independent simulation
// of 4,000 samples gave; `within` says whether the two agree within four standard errors of their difference. Status 1 when one does not.
//
// Usage: envelope_bench [samples, default 4000] [cells, default 20000]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "replay/decision.hpp"
#include "replay/statistics.hpp"
#include "replay/verdict.hpp"

namespace {

namespace core = runlake::core;
namespace replay = runlake::replay;

using Values = std::vector<double>;

struct Shape {
    std::string name;
    std::function<double(std::mt19937_64&)> draw;
    double content = 0;        // the 95 % quantile of |X - Y|
};

double median_of(Values values) {
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double mean_of(const Values& values) {
    double sum = 0;
    for (const double value : values) { sum += value; }
    return sum / static_cast<double>(values.size());
}

double deviation_of(const Values& values) {
    const double mean = mean_of(values);
    double squares = 0;
    for (const double value : values) { squares += (value - mean) * (value - mean); }
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

// Factors once an n: what is simulated is the statistic.
struct Factors {
    double single = 0;
    double difference = 0;
    double single_of_pairs = 0;
    double single_of_half = 0;
};

struct Statistic {
    std::string name;
    std::function<double(const Values&, const Factors&)> bound;
};

Values differences(const Values& values) {
    Values out;
    for (std::size_t i = 0; i < values.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) { out.push_back(std::abs(values[i] - values[j])); }
    }
    return out;
}

Values from_median(const Values& values) {
    const double median = median_of(values);
    Values out;
    for (const double value : values) { out.push_back(std::abs(value - median)); }
    return out;
}

Values disjoint(const Values& values) {
    Values out;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2) { out.push_back(std::abs(values[i] - values[i + 1])); }
    return out;
}

double range_of(const Values& values) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return *high - *low;
}

std::vector<Statistic> statistics() {
    return {{"c(n)*s", [](const Values& x, const Factors& f) { return f.difference * deviation_of(x); }},
            {"k(n)*s", [](const Values& x, const Factors& f) { return f.single * deviation_of(x); }},
            {"pairwise, k(n)", [](const Values& x, const Factors& f) { const Values d = differences(x); return mean_of(d) + f.single * deviation_of(d); }},
            {"pairwise, k(pairs)", [](const Values& x, const Factors& f) { const Values d = differences(x); return mean_of(d) + f.single_of_pairs * deviation_of(d); }},
            {"from median, k(n)", [](const Values& x, const Factors& f) { const Values d = from_median(x); return mean_of(d) + f.single * deviation_of(d); }},
            {"disjoint pairs, k(n/2)", [](const Values& x, const Factors& f) { const Values d = disjoint(x); return mean_of(d) + f.single_of_half * deviation_of(d); }},
            {"range", [](const Values& x, const Factors&) { return range_of(x); }},
            {"largest from median", [](const Values& x, const Factors&) { const Values d = from_median(x); return *std::max_element(d.begin(), d.end()); }},
            {"2.8*s", [](const Values& x, const Factors&) { return 2.8 * deviation_of(x); }}};
}

double normal(std::mt19937_64& random) { return std::normal_distribution<double>()(random); }
double student(std::mt19937_64& random) { return std::student_t_distribution<double>(3)(random); }
double exponential(std::mt19937_64& random) { return std::exponential_distribution<double>()(random); }
double uniform(std::mt19937_64& random) { return std::uniform_real_distribution<double>()(random); }

// What the table of the earlier simulation says, for n = 10, 20 and 59.
struct Expected {
    std::string statistic;
    std::string shape;
    double at[3];
};
const std::vector<Expected> k_expected{{"c(n)*s", "normal", {.952, .956, .948}},        {"k(n)*s", "normal", {.517, .150, 0}},
                                       {"pairwise, k(n)", "normal", {.785, .731, .576}}, {"pairwise, k(pairs)", "normal", {.496, .379, .194}},
                                       {"from median, k(n)", "normal", {.328, .084, .001}}, {"disjoint pairs, k(n/2)", "normal", {.859, .811, .706}},
                                       {"range", "normal", {.633, .922, 1}},            {"largest from median", "normal", {.064, .120, .300}},
                                       {"2.8*s", "normal", {.464, .487, .504}},         {"c(n)*s", "uniform", {.989, .994, .998}},
                                       {"c(n)*s", "t3", {.776, .740, .693}},            {"c(n)*s", "exponential", {.742, .692, .632}}};

// The quantile of |X - Y|: known in closed form, or by bisection over an integral where it is not.
double quantile_t3() {
    // P(|X - Y| <= q) for two of Student's t with 3 degrees: integral of f(x) (F(x + q) - F(x - q)).
    const auto density = [](double x) { return 6 * std::sqrt(3.0) / (M_PI * (3 + x * x) * (3 + x * x)); };
    const auto cumulative = [](double x) { return 0.5 + (std::atan(x / std::sqrt(3.0)) + std::sqrt(3.0) * x / (3 + x * x)) / M_PI; };
    const auto content = [&](double q) {
        // x = tan(u) brings the line to an interval.
        constexpr int k_steps = 20000;
        double sum = 0;
        for (int i = 0; i < k_steps; ++i) {
            const double u = -M_PI / 2 + M_PI * (i + 0.5) / k_steps;
            const double x = std::tan(u);
            sum += density(x) * (cumulative(x + q) - cumulative(x - q)) * (1 + x * x);
        }
        return sum * M_PI / k_steps;
    };
    double low = 1;
    double high = 50;
    for (int i = 0; i < 50; ++i) { (content((low + high) / 2) < 0.95 ? low : high) = (low + high) / 2; }
    return low;
}

std::vector<Shape> shapes() {
    return {{"normal", normal, 1.959963984540054 * std::sqrt(2.0)},
            {"uniform", uniform, 1 - std::sqrt(0.05)},
            {"t3", student, quantile_t3()},
            // The difference of two exponentials is a Laplace variable.
            {"exponential", exponential, -std::log(0.05)}};
}

bool simulate(int samples, std::string& out) {
    bool all_within = true;
    const std::vector<Statistic> all = statistics();
    const int sizes[3] = {10, 20, 59};
    for (const Shape& shape : shapes()) {
        for (int size = 0; size < 3; ++size) {
            const int n = sizes[size];
            const Factors factors{replay::single_factor(n), replay::difference_factor(n), replay::single_factor(n * (n - 1) / 2), replay::single_factor(n / 2)};
            std::vector<int> covered(all.size());
            std::mt19937_64 random(20260601U + static_cast<unsigned>(n));
            for (int sample = 0; sample < samples; ++sample) {
                Values values(static_cast<std::size_t>(n));
                for (double& value : values) { value = shape.draw(random); }
                for (std::size_t i = 0; i < all.size(); ++i) { covered[i] += all[i].bound(values, factors) >= shape.content ? 1 : 0; }
            }
            for (std::size_t i = 0; i < all.size(); ++i) {
                const auto expected = std::find_if(k_expected.begin(), k_expected.end(), [&](const Expected& one) { return one.statistic == all[i].name && one.shape == shape.name; });
                if (expected == k_expected.end()) { continue; }
                const double share = static_cast<double>(covered[i]) / samples;
                const double wanted = expected->at[size];
                // The table has three decimals; a share near 0 or 1 has hardly an error of its own.
                const double spread = std::max(wanted * (1 - wanted), 1e-4);
                const double error = std::sqrt(spread / samples + spread / 4000);
                const bool within = std::abs(share - wanted) <= 4 * error + 5e-4;
                all_within = all_within && within;
                out += core::cat(out.empty() ? "" : ",\n  ", "{\"statistic\": \"", all[i].name, "\", \"shape\": \"", shape.name, "\", \"n\": ", n, ", \"covers\": ", core::format_fixed(share, 4),
                                 ", \"standard_error\": ", core::format_fixed(std::sqrt(spread / samples), 4), ", \"earlier\": ", core::format_fixed(wanted, 3), ", \"within\": ",
                                 within ? "true" : "false", '}');
            }
        }
    }
    return all_within;
}

replay::CellFacts facts_of(int cell, std::mt19937_64& random) {
    replay::CellFacts facts;
    facts.policy = replay::default_policy();
    const replay::Provenance known{{"build_sha", "a"}, {"image", "b"}, {"inputs", "c"}, {"instance_type", "d"}, {"libraries", "e"}, {"packages", "f"}};
    const double value = 0.35 + 1e-4 * normal(random);
    for (int replica = 0; replica < 2; ++replica) {
        replay::Outcome outcome;
        outcome.replica = replica;
        outcome.value = value;
        outcome.provenance = known;
        facts.replays.push_back(outcome);
    }
    facts.expected = {.image = "b", .cell = core::cat("cell", cell), .metric = "f1", .config = "g", .inputs = "c"};
    replay::Envelope envelope;
    envelope.key = facts.expected;
    for (int i = 0; i < 10; ++i) { envelope.values.push_back(0.35 + 1e-4 * normal(random)); }
    envelope.bound = replay::bound_of(envelope.values, replay::Method::automatic).take();
    facts.envelope = envelope;
    replay::Canonical canonical;
    canonical.value = 0.35;
    canonical.provenance = known;
    facts.canonical = canonical;
    return facts;
}

// From facts to a verdict's text and events, the envelope read from its file's text: all but the disk.
double decided_a_second(int cells) {
    std::mt19937_64 random(1);
    std::vector<replay::CellFacts> all;
    std::vector<std::string> envelopes;
    for (int cell = 0; cell < cells; ++cell) {
        all.push_back(facts_of(cell, random));
        envelopes.push_back(core::to_json_pretty(replay::to_json(*all.back().envelope)));
    }
    std::size_t bytes = 0;
    const auto begun = std::chrono::steady_clock::now();
    for (int cell = 0; cell < cells; ++cell) {
        replay::CellFacts& facts = all[static_cast<std::size_t>(cell)];
        auto envelope = replay::parse_envelope(envelopes[static_cast<std::size_t>(cell)]);
        if (!envelope.ok()) { std::abort(); }
        facts.envelope = std::move(envelope).take();
        replay::VerdictRecord record = replay::make_verdict(facts, replay::judge(facts));
        record.id = std::string(32, 'a');
        bytes += core::to_json_pretty(replay::to_json(record)).size();
        for (const std::string& line : replay::events_of(record, "")) { bytes += line.size(); }
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    if (bytes == 0) { std::abort(); }
    return cells / seconds;
}

}  // namespace

int main(int argc, char** argv) {
    const int samples = argc > 1 ? std::atoi(argv[1]) : 4000;
    const int cells = argc > 2 ? std::atoi(argv[2]) : 20'000;
    if (samples < 100 || cells < 10) {
        std::fprintf(stderr, "usage: envelope_bench [samples >= 100] [cells >= 10]\n");
        return 2;
    }
    std::string coverage;
    const bool within = simulate(samples, coverage);
    const double few = decided_a_second(cells / 10);
    const double many = decided_a_second(cells);
    std::printf("{\"version\": 1, \"samples\": %d, \"coverage\": [\n  %s],\n \"all_within\": %s,\n \"decided\": [{\"cells\": %d, \"a_second\": %.0f}, {\"cells\": %d, \"a_second\": %.0f}], \"aim_a_second\": 1000}\n",
                samples, coverage.c_str(), within ? "true" : "false", cells / 10, few, cells, many);
    return within && many >= 0 ? 0 : 1;
}
