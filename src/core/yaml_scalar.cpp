// SPDX-License-Identifier: Apache-2.0
// The core schema's tables: https://yaml.org/spec/1.2.2/#1032-tag-resolution
#include "core/yaml_scalar.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <limits>

#include "core/text.hpp"

namespace runlake::core {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_sign(std::string_view text) {
    return text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
}

bool all_digits(std::string_view text) {
    for (const char c : text) {
        if (!is_digit(c)) { return false; }
    }
    return !text.empty();
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_float(std::string_view text) {
    text = without_sign(text);
    std::size_t i = 0;
    while (i < text.size() && is_digit(text[i])) { ++i; }
    const std::size_t whole = i;
    std::size_t decimals = 0;
    if (i < text.size() && text[i] == '.') {
        for (++i; i < text.size() && is_digit(text[i]); ++i) { ++decimals; }
    }
    if (whole == 0 && decimals == 0) { return false; }
    if (i == text.size()) { return true; }
    return (text[i] == 'e' || text[i] == 'E') && all_digits(without_sign(text.substr(i + 1)));
}

// "0x1F" and "0o17": unsigned, of at most 64 bits.
std::optional<Json> parse_based(std::string_view digits, int base) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc{} || end != digits.data() + digits.size()) { return std::nullopt; }
    return Json(value);
}

// Any length; kept by its digits when 64 bits do not hold it, written as Python would.
Json parse_decimal(std::string_view text) {
    const bool negative = text.starts_with('-');
    std::string_view digits = without_sign(text);
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
    const std::string plain = (negative && digits != "0" ? "-" : "") + std::string(digits);
    if (const auto value = parse_integer(plain)) { return Json(*value); }
    return Json(BigInteger{plain});
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) {
        if (text == word) { return true; }
    }
    return false;
}

}  // namespace

std::optional<Json> resolve_yaml_scalar(std::string_view text) {
    if (is_one_of(text, {"true", "True", "TRUE"})) { return Json(true); }
    if (is_one_of(text, {"false", "False", "FALSE"})) { return Json(false); }
    if (is_one_of(text, {".nan", ".NaN", ".NAN"})) { return Json(std::numeric_limits<double>::quiet_NaN()); }
    if (is_one_of(without_sign(text), {".inf", ".Inf", ".INF"})) {
        const double infinity = std::numeric_limits<double>::infinity();
        return Json(text.starts_with('-') ? -infinity : infinity);
    }
    if (text.starts_with("0o") && text.size() > 2 && text.find_first_not_of("01234567", 2) == std::string_view::npos) {
        return parse_based(text.substr(2), 8);
    }
    if (text.starts_with("0x") && text.size() > 2 && text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos) {
        return parse_based(text.substr(2), 16);
    }
    if (all_digits(without_sign(text))) { return parse_decimal(text); }
    if (is_float(text)) {
        const auto value = parse_float(text.starts_with('+') ? text.substr(1) : text);
        return value ? std::optional(Json(*value)) : std::nullopt;
    }
    return Json(text);
}

}  // namespace runlake::core
