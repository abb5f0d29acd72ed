// SPDX-License-Identifier: Apache-2.0
#include "lake/extractors/mlflow_files.hpp"

#include <algorithm>
#include <charconv>

#include "core/hex.hpp"
#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/flat.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;

std::optional<core::Timestamp> time_of(std::optional<std::int64_t> millis) {
    constexpr std::int64_t k_earliest = -62135596800000;
    constexpr std::int64_t k_latest = 253402300799999;
    if (!millis || *millis < k_earliest || *millis > k_latest) { return std::nullopt; }
    return core::Timestamp{*millis * 1000};
}

// "nan", "inf" and "Infinity" too, as Python reads them. Nothing for a number that no double can be.
std::optional<double> metric_value(std::string_view text) {
    const std::string lower = core::lower_ascii(text);
    std::string_view rest = lower;
    const bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+')) { rest.remove_prefix(1); }
    double value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (rest.empty() || rest.starts_with('-') || end != rest.data() + rest.size() || error != std::errc()) { return std::nullopt; }
    return negative ? -value : value;
}

}  // namespace

bool is_mlflow_run_id(std::string_view name) { return name.size() == 32 && core::is_hex(name); }

MlflowFolder mlflow_folder(std::string_view name) {
    return is_mlflow_run_id(name) ? MlflowFolder::run : name == k_mlflow_models ? MlflowFolder::registered : MlflowFolder::experiment;
}

core::Result<MlflowMeta> MlflowMeta::read(FileInput& input) {
    RL_ASSIGN(auto text, input.document());
    RL_ASSIGN(auto document, core::parse_yaml(text, "document"));
    if (!document.root.is_object()) { return Error(Errc::corrupt, "it is no mapping"); }
    return MlflowMeta(std::move(document), std::move(text));
}

std::optional<core::Timestamp> MlflowMeta::time(std::string_view key) const {
    const auto* value = find(key);
    if (const auto* text = value == nullptr ? nullptr : value->as_string(); text != nullptr && !core::parse_integer(*text)) {
        const auto time = core::parse_iso(*text);
        return time.ok() ? std::optional(time.value()) : std::nullopt;
    }
    return time_of(integer_cell(value));
}

std::optional<std::string> MlflowMeta::word(std::string_view key) const {
    const auto* value = find(key);
    if (value == nullptr || value->is_null()) { return std::nullopt; }
    if (const auto* text = value->as_string()) { return *text; }
    const auto at = document_.positions.find(cat('/', key));
    if (!value->is_number() || at == document_.positions.end()) { return core::to_json(*value); }
    const auto lines = core::split(text_, '\n');
    const auto line = lines[std::min(lines.size(), static_cast<std::size_t>(at->second.line)) - 1];
    const auto colon = line.find(": ");
    return std::string(core::trim(line.substr(colon == std::string_view::npos ? 0 : colon + 2)));
}

core::Status each_mlflow_value(FileInput& input, std::size_t ids, const std::function<void(std::int64_t position, const MlflowValue& value)>& visit) {
    std::int64_t position = 0;
    RL_TRY(input.lines([&](const FileInput::Line& line) -> core::Status {
        const auto bad = [&](std::string_view why) -> core::Status { return Error(Errc::corrupt, cat("line ", line.number, ": ", why)).at_line(line.number); };
        const auto text = core::trim(line.text);
        if (line.too_long) { return bad("it is too long"); }
        if (text.empty()) { return core::ok(); }
        const auto parts = core::split(text, ' ');
        const bool is_bare = ids == 0 && parts.size() == 2;
        if (!is_bare && parts.size() != 3 + ids && parts.size() != 5 + ids) { return bad(cat("a value has ", ids == 0 ? "2, " : "", 3 + ids, " or ", 5 + ids, " fields, not ", parts.size())); }
        const auto millis = core::parse_integer(parts[0]);
        const auto value = metric_value(parts[1]);
        const auto step = is_bare ? std::optional<std::int64_t>(0) : core::parse_integer(parts[2]);
        if (!millis) { return bad("the time is no whole number"); }
        if (!value) { return bad("the value is no number"); }
        if (!step) { return bad("the step is no whole number"); }
        const bool is_nan = *value != *value;
        visit(position++, {is_nan ? std::optional<double>() : value, is_nan, time_of(*millis), *step, ids > 0 ? std::string(parts[3]) : std::string()});
        return core::ok();
    }));
    if (position == 0) { return Error(Errc::corrupt, "it holds no value"); }
    return core::ok();
}

}  // namespace runlake::lake
