// SPDX-License-Identifier: Apache-2.0
// Numbers, durations and sizes to and from text, free of locale.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/json.hpp"
#include "core/text.hpp"

namespace runlake::core {
namespace {

struct Measure {
    std::string_view name;
    std::int64_t factor;
};

constexpr std::array<Measure, 5> k_durations{{{"s", 1}, {"m", 60}, {"h", 3'600}, {"d", 86'400}, {"w", 604'800}}};
constexpr std::array<Measure, 12> k_sizes{{{"", 1},
                                         {"B", 1},
                                         {"kB", 1'000},
                                         {"KB", 1'000},
                                         {"MB", 1'000'000},
                                         {"GB", 1'000'000'000},
                                         {"TB", 1'000'000'000'000},
                                         {"KiB", std::int64_t{1} << 10},
                                         {"MiB", std::int64_t{1} << 20},
                                         {"GiB", std::int64_t{1} << 30},
                                         {"TiB", std::int64_t{1} << 40},
                                         {"PiB", std::int64_t{1} << 50}}};

// A whole number and one of the units, nothing between.
Result<std::int64_t> parse_with_unit(std::string_view text, std::span<const Measure> units, std::string_view what, std::string_view forms) {
    const auto refuse = [&](std::string_view why) {
        return Error(Errc::usage, cat("reading ", what, ": \"", valid_utf8(text.substr(0, 60)), "\" ", why));
    };
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') { ++digits; }
    if (digits == 0) { return refuse(forms); }
    for (const Measure& unit : units) {
        if (unit.name != text.substr(digits)) { continue; }
        const std::optional<std::int64_t> number = parse_integer(text.substr(0, digits));
        if (!number || *number > std::numeric_limits<std::int64_t>::max() / unit.factor) { return refuse("is too large"); }
        return *number * unit.factor;
    }
    return refuse(forms);
}

// Whether a decimal that from_chars found out of range is too small (it reads as zero) and not too large.
bool is_tiny(std::string_view text) {
    const std::size_t e = text.find_first_of("eE");
    const std::string_view mantissa = text.substr(0, e);
    std::int64_t exponent = 0;
    if (e != std::string_view::npos) {
        std::string_view digits = text.substr(e + 1);
        const bool negative = digits.starts_with('-');
        if (negative || digits.starts_with('+')) { digits.remove_prefix(1); }
        exponent = parse_integer(digits).value_or(std::numeric_limits<std::int32_t>::max());
        if (negative) { exponent = -exponent; }
    }
    // The exponent of the first digit that is not zero decides.
    const std::size_t first = mantissa.find_first_of("123456789");
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    return exponent + static_cast<std::int64_t>(point) - static_cast<std::int64_t>(std::min(first, mantissa.size())) < 0;
}

}  // namespace

Result<std::int64_t> parse_duration_s(std::string_view text) {
    return parse_with_unit(text, k_durations, "a duration", "is none: write a whole number and s, m, h, d or w, like 30d");
}

Result<std::int64_t> parse_bytes(std::string_view text) {
    return parse_with_unit(text, k_sizes, "a size", "is none: write a whole number and nothing, kB, MB, GB, TB, KiB, MiB, GiB or TiB, like 10GB");
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) { return std::nullopt; }
    return value;
}

std::optional<double> parse_float(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || text.empty()) { return std::nullopt; }
    if (error == std::errc::result_out_of_range && is_tiny(text)) { return text.starts_with('-') ? -0.0 : 0.0; }
    if (error != std::errc{}) { return std::nullopt; }
    return value;
}

std::string format_float(double value) {
    if (std::isnan(value)) { return "nan"; }
    if (std::isinf(value)) { return value > 0 ? "inf" : "-inf"; }
    std::string text = python_float(value);
    if (text.ends_with(".0")) { text.resize(text.size() - 2); }
    return text;
}

std::string format_fixed(double value, int decimals) {
    if (!std::isfinite(value)) { return format_float(value); }
    std::array<char, 512> buffer{};  // 309 digits before the point, and at most 100 after it
    const int bounded = std::clamp(decimals, 0, 100);
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, bounded);
    return {buffer.data(), end};
}

std::string group_thousands(std::int64_t value) {
    std::string text = std::to_string(value);
    const std::size_t sign = value < 0 ? 1 : 0;
    for (std::size_t i = text.size(); i > sign + 3;) {
        i -= 3;
        text.insert(i, 1, ',');
    }
    return text;
}

}  // namespace runlake::core
