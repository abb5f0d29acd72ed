// SPDX-License-Identifier: Apache-2.0
// Reading and writing "00-<trace id>-<span id>-<flags>".
#include "record/trace.hpp"

#include "core/hex.hpp"
#include "core/text.hpp"

namespace runlake::record {
namespace {

constexpr std::size_t k_length = 55;

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

std::optional<TraceParent> parse_traceparent(std::string_view text) {
    text = core::trim(text);
    if (text.size() < k_length || text[2] != '-' || text[35] != '-' || text[52] != '-') { return std::nullopt; }
    const auto version = text.substr(0, 2);
    const auto trace = text.substr(3, 32);
    const auto span = text.substr(36, 16);
    const auto flags = text.substr(53, 2);
    if (!core::is_hex(version) || version == "ff" || !core::is_hex(trace) || !core::is_hex(span) || !core::is_hex(flags)) { return std::nullopt; }
    if (version == "00" ? text.size() != k_length : (text.size() > k_length && text[k_length] != '-')) { return std::nullopt; }
    if (is_zero(trace) || is_zero(span)) { return std::nullopt; }
    const char low = flags[1];
    const int bits = low <= '9' ? low - '0' : low - 'a' + 10;
    return TraceParent{std::string(trace), std::string(span), (bits & 1) != 0};
}

std::string format_traceparent(const TraceParent& parent) {
    return core::cat("00-", parent.trace_id, '-', parent.span_id, parent.sampled ? "-01" : "-00");
}

}  // namespace runlake::record
