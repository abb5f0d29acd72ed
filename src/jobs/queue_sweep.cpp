// SPDX-License-Identifier: Apache-2.0
#include "jobs/queue_sweep.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "core/text.hpp"

namespace runlake::jobs {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

Error wrong(std::string_view clause, std::string_view why) {
    return {Errc::usage, cat("reading the sweep: '", core::valid_utf8(core::cut_utf8(clause, 80)), "': ", why)};
}

// Cuts at a separator outside of quotes. A quote counts only where a piece begins: an apostrophe within a word is one. Nothing: a quote is not closed.
std::optional<std::vector<std::string_view>> cut(std::string_view text, char separator, std::string_view piece_starts) {
    std::vector<std::string_view> pieces;
    std::size_t begin = 0;
    bool may_quote = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (may_quote && (c == '"' || c == '\'')) {
            std::size_t end = i + 1;
            for (;; ++end) {
                if (end >= text.size()) { return std::nullopt; }
                if (c == '"' && text[end] == '\\') {
                    ++end;
                } else if (text[end] == c) {
                    if (c == '"' || end + 1 >= text.size() || text[end + 1] != c) { break; }
                    ++end;   // '' within single quotes is one of them
                }
            }
            i = end;
            may_quote = false;
        } else if (c == separator) {
            pieces.push_back(text.substr(begin, i - begin));
            begin = i + 1;
            may_quote = true;
        } else if (piece_starts.find(c) != std::string_view::npos) {
            may_quote = true;
        } else if (c != ' ' && c != '\t') {
            may_quote = false;
        }
    }
    pieces.push_back(text.substr(begin));
    return pieces;
}

// "0..3": nothing when it is no range.
std::optional<core::Result<std::vector<Json>>> range(std::string_view values, std::string_view clause) {
    const std::size_t dots = values.find("..");
    if (dots == std::string_view::npos) { return std::nullopt; }
    const auto first = core::parse_integer(values.substr(0, dots));
    const auto last = core::parse_integer(values.substr(dots + 2));
    if (!first || !last) {
        // Not taken for a text in silence: somebody meant numbers.
        if (core::parse_float(values.substr(0, dots)) && core::parse_float(values.substr(dots + 2))) {
            return core::Result<std::vector<Json>>(wrong(clause, "a range is of 64-bit integers; name other values one by one, as in lr=0.1|0.01"));
        }
        return std::nullopt;
    }
    if (*last < *first) { return core::Result<std::vector<Json>>(wrong(clause, "the range ends before it begins")); }
    if (static_cast<std::uint64_t>(*last) - static_cast<std::uint64_t>(*first) >= k_most_combinations) {
        return core::Result<std::vector<Json>>(wrong(clause, cat("the range holds more than ", k_most_combinations, " values")));
    }
    std::vector<Json> numbers;
    for (std::int64_t i = *first;; ++i) {
        numbers.emplace_back(i);
        if (i == *last) { break; }
    }
    return core::Result<std::vector<Json>>(std::move(numbers));
}

core::Result<std::vector<Json>> values_of(std::string_view values, std::string_view clause, const PieceValue& value_of) {
    if (auto numbers = range(values, clause)) { return *std::move(numbers); }
    const auto pieces = cut(values, '|', "");
    if (!pieces) { return wrong(clause, "a quote is not closed"); }
    std::vector<Json> found;
    std::set<std::string> seen;
    for (const std::string_view piece : *pieces) {
        const std::string_view text = core::trim(piece);
        if (text.empty()) { continue; }
        RL_ASSIGN(Json value, value_of(text));
        if (!seen.insert(core::to_json(value)).second) { return wrong(clause, cat("the value ", core::to_json(value), " is given twice")); }
        found.push_back(std::move(value));
        if (found.size() > k_most_combinations) { return wrong(clause, cat("more than ", k_most_combinations, " values")); }
    }
    if (found.empty()) { return wrong(clause, "no value is given"); }
    return found;
}

}  // namespace

core::Result<std::vector<SweepAxis>> parse_sweep(std::string_view text, const PieceValue& value_of) {
    const auto clauses = cut(text, ',', "=|");
    if (!clauses) { return wrong(text, "a quote is not closed"); }
    std::vector<SweepAxis> axes;
    std::uint64_t count = 1;
    for (const std::string_view clause : *clauses) {
        const std::size_t equals = clause.find('=');
        const std::string_view key = equals == std::string_view::npos ? "" : core::trim(clause.substr(0, equals));
        if (key.empty()) { return wrong(clause, "a clause is key=values, as in seed=0..3 or optimizer=adam|sgd"); }
        if (core::valid_utf8(key) != key) { return wrong(clause, "the key is no UTF-8"); }
        const bool again = std::any_of(axes.begin(), axes.end(), [&](const SweepAxis& axis) { return axis.key == key; });
        if (again) { return wrong(clause, cat("the key ", key, " is swept twice")); }
        RL_ASSIGN(std::vector<Json> values, values_of(core::trim(clause.substr(equals + 1)), clause, value_of));
        count *= values.size();
        if (count > k_most_combinations) { return wrong(text, cat("more than ", k_most_combinations, " combinations")); }
        axes.push_back({std::string(key), std::move(values)});
    }
    return axes;
}

std::vector<Json> combinations(const std::vector<SweepAxis>& axes) {
    std::vector<Json> all = {Json::object()};
    for (const SweepAxis& axis : axes) {
        std::vector<Json> longer;
        longer.reserve(all.size() * axis.values.size());
        for (const Json& start : all) {
            for (const Json& value : axis.values) {
                longer.push_back(start);
                longer.back().set(axis.key, value);
            }
        }
        all = std::move(longer);
    }
    return all;
}

}  // namespace runlake::jobs
