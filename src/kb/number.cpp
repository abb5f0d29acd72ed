// SPDX-License-Identifier: Apache-2.0
#include "kb/number.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/text.hpp"

namespace runlake::kb {
namespace {

constexpr std::size_t k_most_digits = 100;
constexpr std::size_t k_most_bytes = 400;   // of a number with all its marks
constexpr int k_largest_exponent = 400;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

core::Error malformed(std::string_view text, std::string_view why) {
    return {core::Errc::usage, core::cat('"', core::cut_utf8(text, 60), "\" is no number: ", why)};
}

// Takes the first of some words off the front.
bool take(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) { return false; }
    text.remove_prefix(word.size());
    return true;
}

template <std::size_t N>
bool take_any(std::string_view& text, const std::array<std::string_view, N>& words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return take(text, word); });
}

// U+2212; U+2009, U+202F, U+00A0; U+2019.
constexpr std::string_view k_minus = "\xE2\x88\x92";
constexpr std::array<std::string_view, 9> k_thousands = {"{,}", "\\,", ",", "_", "'", "\xE2\x80\x89", "\xE2\x80\xAF", "\xC2\xA0", "\xE2\x80\x99"};
constexpr std::array<std::string_view, 4> k_times = {"\xC3\x97", "\\times", "\\cdot", "\xC2\xB7"};
constexpr std::array<std::string_view, 10> k_superscript = {"\xE2\x81\xB0", "\xC2\xB9",     "\xC2\xB2",     "\xC2\xB3",     "\xE2\x81\xB4",
                                                            "\xE2\x81\xB5", "\xE2\x81\xB6", "\xE2\x81\xB7", "\xE2\x81\xB8", "\xE2\x81\xB9"};
constexpr std::string_view k_superscript_minus = "\xE2\x81\xBB";

void skip_spaces(std::string_view& text) {
    while (take(text, " ") || take(text, "\xC2\xA0") || take(text, "\\,")) {}
}

int sign_of(std::string_view& text) {
    if (take(text, "-") || take(text, k_minus)) { return -1; }
    take(text, "+");
    return 1;
}

// Small integers alone: an exponent of more digits is out of range anyway.
std::optional<int> take_integer(std::string_view& text) {
    const int sign = sign_of(text);
    std::size_t count = 0;
    int value = 0;
    while (!text.empty() && is_digit(text.front())) {
        if (++count > 4) { return std::nullopt; }
        value = value * 10 + (text.front() - '0');
        text.remove_prefix(1);
    }
    return count == 0 ? std::nullopt : std::optional(sign * value);
}

std::optional<int> take_superscript(std::string_view& text) {
    const int sign = take(text, k_superscript_minus) ? -1 : 1;
    std::size_t count = 0;
    int value = 0;
    for (bool more = true; more;) {
        more = false;
        for (std::size_t i = 0; i < k_superscript.size(); ++i) {
            if (!take(text, k_superscript[i])) { continue; }
            if (++count > 4) { return std::nullopt; }
            value = value * 10 + static_cast<int>(i);
            more = true;
            break;
        }
    }
    return count == 0 ? std::nullopt : std::optional(sign * value);
}

// e-3, E5, x10^-3, x10^{-3}, x10 and superscript digits. 0 when there is none; nothing when it is not whole.
std::optional<int> take_exponent(std::string_view& text) {
    if (take(text, "e") || take(text, "E")) { return take_integer(text); }
    std::string_view rest = text;
    skip_spaces(rest);
    if (!take_any(rest, k_times)) { return 0; }
    skip_spaces(rest);
    if (!take(rest, "10")) { return std::nullopt; }
    text = rest;
    if (!take(text, "^")) { return take_superscript(text); }
    const bool braced = take(text, "{");
    const std::optional<int> value = take_integer(text);
    if (braced && !take(text, "}")) { return std::nullopt; }
    return value;
}

// The digits before the point, with or without marks of thousands. Nothing when the marks do not stand between groups of three.
std::optional<std::string> take_whole_part(std::string_view& text) {
    std::string digits;
    std::size_t group = 0;
    std::string_view mark;
    for (;;) {
        while (!text.empty() && is_digit(text.front())) {
            digits += text.front();
            ++group;
            text.remove_prefix(1);
        }
        if (!mark.empty() && group != 3) { return std::nullopt; }
        std::string_view rest = text;
        const auto found = std::ranges::find_if(k_thousands, [&](std::string_view one) { return take(rest, one); });
        if (found == k_thousands.end() || rest.empty() || !is_digit(rest.front())) { return digits; }
        if (digits.empty() || group > 3 || (!mark.empty() && *found != mark)) { return std::nullopt; }
        mark = *found;
        group = 0;
        text = rest;
    }
}

std::string without_leading_zeros(std::string digits) {
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    return digits.empty() ? "0" : digits;
}

// Digits of non-negative integers, without leading zeros.
bool is_less(std::string_view a, std::string_view b) { return a.size() != b.size() ? a.size() < b.size() : a < b; }

std::string sum(std::string_view a, std::string_view b) {
    std::string out;
    int carry = 0;
    for (std::size_t i = 0; i < a.size() || i < b.size() || carry != 0; ++i) {
        int digit = carry;
        if (i < a.size()) { digit += a[a.size() - 1 - i] - '0'; }
        if (i < b.size()) { digit += b[b.size() - 1 - i] - '0'; }
        out += static_cast<char>('0' + digit % 10);
        carry = digit / 10;
    }
    std::ranges::reverse(out);
    return without_leading_zeros(std::move(out));
}

// a - b, where a is not the smaller one.
std::string difference(std::string_view a, std::string_view b) {
    std::string out;
    int borrow = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        int digit = a[a.size() - 1 - i] - '0' - borrow;
        if (i < b.size()) { digit -= b[b.size() - 1 - i] - '0'; }
        borrow = digit < 0 ? 1 : 0;
        out += static_cast<char>('0' + digit + 10 * borrow);
    }
    std::ranges::reverse(out);
    return without_leading_zeros(std::move(out));
}

std::string scaled(const Decimal& value, int exponent) {
    if (value.digits == "0") { return "0"; }
    return value.digits + std::string(static_cast<std::size_t>(value.exponent - exponent), '0');
}

Decimal decimal_of_text(std::string_view text) {
    Decimal value;
    value.negative = take(text, "-");
    std::string digits;
    int behind = 0;
    bool point = false;
    while (!text.empty() && (is_digit(text.front()) || text.front() == '.')) {
        if (text.front() == '.') {
            point = true;
        } else {
            digits += text.front();
            behind += point ? 1 : 0;
        }
        text.remove_prefix(1);
    }
    int exponent = 0;
    if (take(text, "e")) { exponent = take_integer(text).value_or(0); }
    value.digits = without_leading_zeros(std::move(digits));
    value.exponent = exponent - behind;
    return value;
}

// Before a number's first digit nothing may stand that belongs to a longer word or number: "v2", "1.2.3".
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.'; }

}  // namespace

core::Result<QuotedNumber> parse_quoted(std::string_view text) {
    const std::string_view whole = core::trim(text);
    if (whole.empty()) { return malformed(text, "it is empty"); }
    if (whole.size() > k_most_bytes) { return malformed(text, "it is too long"); }
    std::string_view rest = whole;
    QuotedNumber number;
    number.value.negative = sign_of(rest) < 0;
    std::optional<std::string> digits = take_whole_part(rest);
    if (!digits) { return malformed(whole, "marks of thousands stand between groups of three digits, the decimal sign is a point"); }
    int behind = 0;
    if (take(rest, ".")) {
        while (!rest.empty() && is_digit(rest.front())) {
            *digits += rest.front();
            ++behind;
            rest.remove_prefix(1);
        }
    }
    if (digits->empty()) { return malformed(whole, "it has no digits"); }
    if (digits->size() > k_most_digits) { return malformed(whole, core::cat("more than ", k_most_digits, " digits")); }
    const std::optional<int> exponent = take_exponent(rest);
    if (!exponent) { return malformed(whole, "its exponent can't be read"); }
    if (std::abs(*exponent) > k_largest_exponent) { return malformed(whole, core::cat("its exponent is beyond ", k_largest_exponent)); }
    std::string_view sign = rest;
    skip_spaces(sign);
    if (take(sign, "%") || take(sign, "\\%")) {
        number.is_percent = true;
        rest = sign;
    }
    if (!rest.empty()) {
        const bool comma = rest.front() == ',' || rest.starts_with("{,}");
        return malformed(whole, comma ? "marks of thousands stand between groups of three digits, the decimal sign is a point" : core::cat('"', core::cut_utf8(rest, 20), "\" follows it"));
    }
    number.unit = *exponent - behind - (number.is_percent ? 2 : 0);
    number.value.digits = without_leading_zeros(*std::move(digits));
    number.value.exponent = number.unit;
    return number;
}

std::optional<Decimal> decimal_of(const core::Json& metric) {
    if (const std::int64_t* whole = metric.as_integer()) { return decimal_of_text(std::to_string(*whole)); }
    if (const core::BigInteger* big = metric.as_big_integer()) {
        return big->digits.size() > 2 * k_largest_exponent ? std::nullopt : std::optional(decimal_of_text(big->digits));
    }
    const double* real = metric.as_float();
    if (real == nullptr || !std::isfinite(*real)) { return std::nullopt; }
    return decimal_of_text(core::format_float(*real));
}

bool agrees(const QuotedNumber& quoted, const Decimal& metric) {
    // 2 |metric - quoted| <= 10^unit, in units of the smaller exponent.
    const int exponent = std::min(quoted.unit, metric.exponent);
    const std::string a = scaled(quoted.value, exponent);
    const std::string b = scaled(metric, exponent);
    std::string apart;
    if (quoted.value.negative != metric.negative) {
        apart = sum(a, b);
    } else {
        apart = is_less(a, b) ? difference(b, a) : difference(a, b);
    }
    const std::string unit = "1" + std::string(static_cast<std::size_t>(quoted.unit - exponent), '0');
    return !is_less(unit, sum(apart, apart));
}

std::optional<Span> number_before(std::string_view text, std::size_t end) {
    constexpr std::array<std::string_view, 9> k_closing = {" ", "\n", "**", "*", "_", "\"", ")", "]", "\xC2\xA0"};
    for (bool more = true; more;) {
        more = false;
        for (const std::string_view mark : k_closing) {
            if (text.substr(0, end).ends_with(mark)) {
                end -= mark.size();
                more = true;
                break;
            }
        }
    }
    if (text.substr(0, end).ends_with('$')) { --end; }   // $3.1\%$
    // The longest text that is a number as a whole and is not the tail of a word. Numbers are short: looking back stops there.
    const std::size_t earliest = end > k_most_bytes / 4 ? end - k_most_bytes / 4 : 0;
    std::optional<Span> best;
    for (std::size_t begin = end; begin-- > earliest;) {
        if (text[begin] == '\n') { break; }
        if (begin > 0 && is_word(text[begin - 1])) { continue; }
        const char first = text[begin];
        if (!is_digit(first) && first != '-' && first != '+' && first != '.' && !text.substr(begin).starts_with(k_minus)) { continue; }
        if (parse_quoted(text.substr(begin, end - begin)).ok()) { best = Span{begin, end}; }
    }
    return best;
}

}  // namespace runlake::kb
