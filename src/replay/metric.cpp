// SPDX-License-Identifier: Apache-2.0
// Reads numbers as programs print them.
#include "replay/metric.hpp"

#include <charconv>

#include "core/json.hpp"
#include "core/text.hpp"
#include "replay/json_pointer.hpp"
#include "replay/probes.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

ReplayError error_of(ErrorKind kind, std::string detail) { return {.kind = kind, .detail = std::move(detail), .exit_status = {}, .signal = {}}; }

std::string shown(std::string_view text) { return core::valid_utf8(core::cut_utf8(text, 60)); }

MetricReading finite(double value, std::string_view text) {
    if (!is_finite(value)) { return error_of(ErrorKind::not_finite, cat("the metric is ", shown(text))); }
    return MetricValue{.value = value, .text = std::string(text)};
}

MetricReading from_json(std::string_view text, const std::string& pointer) {
    const auto json = core::parse_json(text, "the result");
    if (!json.ok()) {
        // Python and others write NaN and Infinity where JSON has no word for them.
        const bool nan = text.find("NaN") != std::string_view::npos || text.find("Infinity") != std::string_view::npos;
        return error_of(nan ? ErrorKind::not_finite : ErrorKind::garbage, core::valid_utf8(core::cut_utf8(json.error().message(), 300)));
    }
    const Json* found = at_pointer(json.value(), pointer);
    if (found == nullptr || found->is_null()) { return error_of(ErrorKind::missing_metric, cat("the result has nothing at \"", shown(pointer), '"')); }
    if (const auto number = found->number()) { return finite(*number, core::to_json(*found)); }
    if (const std::string* word = found->as_string()) { return read_number(*word); }
    return error_of(ErrorKind::garbage, cat("what the result has at \"", shown(pointer), "\" is no number"));
}

MetricReading from_lines(std::string_view text, const std::string& prefix) {
    std::optional<std::string_view> found;
    for (const std::string_view line : core::split(text, '\n')) {
        if (!line.starts_with(prefix)) { continue; }
        if (found) { return error_of(ErrorKind::two_results, cat("stdout has two lines that begin with \"", shown(prefix), '"')); }
        found = line.substr(prefix.size());
    }
    if (!found) { return error_of(ErrorKind::missing_metric, cat("stdout has no line that begins with \"", shown(prefix), '"')); }
    return read_number(*found);
}

}  // namespace

MetricReading read_number(std::string_view given) {
    std::string_view text = core::trim(given);
    if (text.empty()) { return error_of(ErrorKind::missing_metric, "there is no number"); }
    if (const std::size_t end = text.find('\n'); end != std::string_view::npos) {
        // Two numbers are two results; a first line that is none is no result at all.
        const MetricReading first = read_number(text.substr(0, end));
        const auto* error = std::get_if<ReplayError>(&first);
        if (error != nullptr && error->kind == ErrorKind::garbage) { return *error; }
        return error_of(ErrorKind::two_results, cat("there is more than one line: \"", shown(text), '"'));
    }
    const std::string_view whole = text;
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) { text.remove_prefix(1); }
    auto format = std::chars_format::general;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        text.remove_prefix(2);
        format = std::chars_format::hex;
    }
    double value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, format);
    const bool all = end == text.data() + text.size() && !text.empty() && text.front() != '-' && text.front() != '+';
    if (failed == std::errc::result_out_of_range && all) { return error_of(ErrorKind::not_finite, cat("no double holds ", shown(whole))); }
    if (failed != std::errc() || !all) { return error_of(ErrorKind::garbage, cat('"', shown(whole), "\" is no number")); }
    return finite(negative ? -value : value, whole);
}

MetricReading read_metric(const MetricSource& source, std::string_view text) {
    switch (source.kind) {
        case MetricKind::json: return from_json(text, source.pointer);
        case MetricKind::stdout_text:
            if (!source.pointer.empty()) { return from_json(text, source.pointer); }
            return source.prefix.empty() ? read_number(text) : from_lines(text, source.prefix);
        case MetricKind::report:
        case MetricKind::file: break;
    }
    return read_number(text);
}

}  // namespace runlake::replay
