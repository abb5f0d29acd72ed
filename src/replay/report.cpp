// SPDX-License-Identifier: Apache-2.0
#include "replay/report.hpp"

#include <utility>

#include "core/text.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

constexpr std::size_t k_most_mistakes = 20;

// A value as text: of a number its shortest form, so that 1 and "1" are the same word.
std::optional<std::string> as_word(const Json& value) {
    if (const std::string* text = value.as_string()) { return *text; }
    if (const bool* flag = value.as_bool()) { return *flag ? "true" : "false"; }
    if (const std::int64_t* number = value.as_integer()) { return std::to_string(*number); }
    if (const double* number = value.as_float()) { return core::format_float(*number); }
    if (value.is_big_integer()) { return value.as_big_integer()->digits; }
    return std::nullopt;
}

std::map<std::string, std::string, std::less<>> words_of(const Json& line, std::string_view member) {
    std::map<std::string, std::string, std::less<>> words;
    const Json* found = line.find(member);
    if (found == nullptr || !found->is_object()) { return words; }
    for (const auto& [name, value] : *found->as_object()) {
        if (auto word = as_word(value)) { words.insert_or_assign(name, std::move(*word)); }
    }
    return words;
}

// Why the line is none of ours; "" when it was taken.
std::string take(const Json& line, Report& report) {
    const auto kind = line.string_at("kind");
    if (!kind) { return "it has no \"kind\""; }
    if (*kind == "launched") {
        if (report.launched) { return "the child began twice"; }
        report.launched = Launched{.pid = line.integer_at("pid").value_or(0),
                                   .environment = line.string_at("environment").value_or(""),
                                   .problem = line.string_at("problem").value_or(""),
                                   .values = words_of(line, "values")};
        return "";
    }
    if (*kind == "not_executed") {
        if (!report.launched) { report.launched.emplace(); }
        report.launched->not_executed = static_cast<int>(line.integer_at("errno").value_or(0));
        return "";
    }
    if (*kind == "observed") {
        report.observed.push_back({.pid = line.integer_at("pid").value_or(0), .program = line.string_at("program").value_or(""), .values = words_of(line, "values")});
        return "";
    }
    if (*kind == "effective") {
        for (auto& [name, word] : words_of(line, "values")) { report.effective.insert_or_assign(name, word); }
        return "";
    }
    if (*kind == "result") {
        const Json* value = line.find("value");
        const auto word = value == nullptr ? std::nullopt : as_word(*value);
        if (!word) { return "the result has no value"; }
        report.results.push_back({.metric = line.string_at("metric").value_or(""), .text = *word});
        for (auto& [name, said] : words_of(line, "effective")) { report.effective.insert_or_assign(name, said); }
        return "";
    }
    return cat("its kind \"", core::cut_utf8(*kind, 40), "\" is not known");
}

}  // namespace

Report parse_report(std::string_view text) {
    Report report;
    std::size_t number = 0;
    for (const std::string_view line : core::split(text, '\n')) {
        ++number;
        if (core::trim(line).empty()) { continue; }
        const auto parsed = core::parse_json(line, "the report");
        std::string why = parsed.ok() ? take(parsed.value(), report) : "it is no JSON";
        if (!why.empty() && report.mistakes.size() < k_most_mistakes) { report.mistakes.push_back(cat("line ", number, ": ", why)); }
    }
    return report;
}

}  // namespace runlake::replay
