// SPDX-License-Identifier: Apache-2.0
#include "replay/canonical_source.hpp"

#include <array>
#include <charconv>
#include <limits>

#include "core/text.hpp"
#include "replay/json_pointer.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr int k_digits_of_a_double = 15;
constexpr int k_fewest_decimals = 3;
constexpr std::size_t k_longest_value = 4096;

const std::string* at(const Row& row, std::string_view column) {
    const auto found = row.find(column);
    return found == row.end() || !found->second ? nullptr : &*found->second;
}

std::string column_of(const CanonicalSource& source, std::string_view name) {
    const auto found = source.columns.find(std::string(name));
    return found == source.columns.end() ? std::string(name) : found->second;
}

// As read_number(), but NaN and infinities are values here: the rule says what becomes of them.
std::optional<double> number_of(std::string_view given) {
    const std::string_view text = core::trim(given);
    const std::string word = core::lower_ascii(text);
    const bool negative = word.starts_with('-');
    const std::string_view bare = std::string_view(word).substr(negative || word.starts_with('+') ? 1 : 0);
    if (bare == "nan") { return std::numeric_limits<double>::quiet_NaN(); }
    if (bare == "inf" || bare == "infinity") { return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity(); }
    double value = 0;
    const bool hex = bare.starts_with("0x");
    const std::string_view digits = hex ? bare.substr(2) : bare;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? std::chars_format::hex : std::chars_format::general);
    if (failed != std::errc() || end != digits.data() + digits.size() || digits.empty() || digits.front() == '-') { return std::nullopt; }
    return negative ? -value : value;
}

std::optional<std::string> column_text(const Json& value) {
    if (const std::string* text = value.as_string()) { return *text; }
    if (const bool* truth = value.as_bool()) { return *truth ? "true" : "false"; }
    if (value.is_number()) { return core::to_json(value); }
    return std::nullopt;
}

void add(Provenance& provenance, const std::string& dimension, const std::string* value) {
    if (value != nullptr && !value->empty() && value->size() <= k_longest_value) { provenance.insert_or_assign(dimension, core::valid_utf8(*value)); }
}

}  // namespace

std::optional<int> stored_decimals(std::string_view given) {
    const std::string_view text = core::trim(given);
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos || text.find_first_of("eEnNxX") != std::string_view::npos) { return std::nullopt; }
    int significant = 0;
    for (const char c : text) {
        if (c >= '0' && c <= '9' && (significant > 0 || c != '0')) { ++significant; }
    }
    const int decimals = static_cast<int>(text.size() - dot - 1);
    return significant < k_digits_of_a_double && decimals >= k_fewest_decimals ? std::optional(decimals) : std::nullopt;
}

core::Result<Canonical> canonical_of_row(const Row& row, const CanonicalSource& source, std::string_view metric, const ParityPolicy& policy) {
    Canonical canonical;
    const std::string* value = nullptr;
    if (source.columns.contains("value")) {
        value = at(row, column_of(source, "value"));
    } else {
        const std::string& wanted = source.metric;
        if (!wanted.empty()) { value = at(row, wanted); }
        if (value == nullptr && wanted.empty() && !metric.empty()) { value = at(row, metric); }
        if (value == nullptr) { value = at(row, "value"); }
    }
    if (value == nullptr) { return Error(Errc::not_found, cat("it has no value: no column \"", source.columns.contains("value") ? column_of(source, "value") : std::string(metric), "\" that is not NULL")); }
    const auto number = number_of(*value);
    if (!number) { return Error(Errc::corrupt, cat("its value \"", core::valid_utf8(core::cut_utf8(*value, 60)), "\" is no number")); }
    canonical.value = *number;
    canonical.text = core::valid_utf8(core::cut_utf8(core::trim(*value), 100));
    canonical.decimals = source.decimals ? source.decimals : stored_decimals(canonical.text);
    if (const std::string* id = at(row, column_of(source, "run_id"))) { canonical.run_id = core::valid_utf8(*id); }
    for (const PolicyDimension& one : policy.dimensions) {
        for (const std::string& name : {one.name, one.name + "_fallback"}) { add(canonical.provenance, name, at(row, column_of(source, name))); }
    }
    for (const auto& [dimension, column] : source.columns) {
        if (dimension != "value" && dimension != "run_id") { add(canonical.provenance, dimension, at(row, column)); }
    }
    for (const auto& [dimension, stated] : source.provenance) { add(canonical.provenance, dimension, &stated); }
    return canonical;
}

core::Result<Row> row_of_json(const Json& json) {
    Row row;
    if (const auto alone = column_text(json)) {
        row.emplace("value", *alone);
        return row;
    }
    if (!json.is_object()) { return Error(Errc::corrupt, "it is neither a number nor an object"); }
    const Json* provenance = json.find("provenance");
    for (const Json* part : std::to_array<const Json*>({provenance, &json})) {
        if (part == nullptr || !part->is_object()) { continue; }
        for (const auto& [name, value] : *part->as_object()) {
            if (value.is_null() || column_text(value)) { row.insert_or_assign(name, column_text(value)); }
        }
    }
    return row;
}

core::Result<Canonical> canonical_of_json(std::string_view text, const CanonicalSource& source, std::string_view metric, const ParityPolicy& policy) {
    RL_ASSIGN(const Json json, core::parse_json(text, source.file));
    const Json* found = at_pointer(json, source.pointer);
    if (found == nullptr || found->is_null()) { return Error(Errc::not_found, cat(source.file, " has nothing at \"", source.pointer, '"')); }
    auto row = row_of_json(*found);
    if (!row.ok()) { return std::move(row).take_error().context(source.file); }
    auto canonical = canonical_of_row(row.value(), source, metric, policy);
    if (!canonical.ok()) { return std::move(canonical).take_error().context(source.file); }
    return canonical;
}

}  // namespace runlake::replay
