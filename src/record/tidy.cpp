// SPDX-License-Identifier: Apache-2.0
// Redaction and limits of what is recorded.
#include "record/tidy.hpp"

#include <algorithm>
#include <map>

#include "core/redact.hpp"
#include "core/text.hpp"

namespace runlake::record {
namespace {

using core::Json;

constexpr std::size_t k_error_head_bytes = 500;
constexpr std::size_t k_most_payload = 8U << 20U;
constexpr int k_most_nesting = 64;                 // far below what readers take
constexpr std::size_t k_most_words = 16;           // of a record that was too long
constexpr std::size_t k_most_word_bytes = 256;
constexpr std::size_t k_most_metrics = 1000;
constexpr const char* k_cut = "cut: the record was too long";

void redact(std::string& text) { text = core::redact_text(text); }
void redact(std::optional<std::string>& text) {
    if (text) { redact(*text); }
}

void cut_nesting(Json& value, int depth) {
    if (!value.is_object() && !value.is_array()) { return; }
    if (depth == k_most_nesting) {
        value = Json("[nested too deeply]");
        return;
    }
    if (auto* members = value.as_object()) {
        for (auto& [name, member] : *members) { cut_nesting(member, depth + 1); }
    } else if (auto* items = value.as_array()) {
        for (auto& item : *items) { cut_nesting(item, depth + 1); }
    }
}

void redact_members(Json& value) {
    auto* members = value.as_object();
    if (members == nullptr) {
        value = Json::object();
        return;
    }
    for (auto& [name, member] : *members) {
        cut_nesting(member, 1);
        member = core::redact_value(name, member);
    }
}

void redact_inputs(std::vector<Input>& inputs) {
    for (auto& input : inputs) { redact(input.path); }
}

void make_unique(std::vector<std::pair<std::string, double>>& metrics) {
    std::map<std::string_view, double> last;
    for (const auto& [name, value] : metrics) { last[name] = value; }
    if (last.size() == metrics.size()) { return; }
    std::vector<std::pair<std::string, double>> unique;
    for (const auto& [name, value] : metrics) {
        const auto found = last.find(name);
        if (found == last.end()) { continue; }
        unique.emplace_back(name, found->second);
        last.erase(found);
    }
    metrics = std::move(unique);
}

void cut(std::string& text, std::size_t most) { text = core::cut_utf8(text, most); }

void shorten(StartRecord& record) {
    if (record.argv.size() > k_most_words) { record.argv.resize(k_most_words); }
    for (auto& word : record.argv) { cut(word, k_most_word_bytes); }
    record.inputs.clear();
    record.params = Json::object();
    record.tags = Json::object().set("runlake", k_cut);
    cut(record.stage, k_most_word_bytes);
    for (auto* text : {&record.tenant, &record.config_path, &record.working_dir, &record.facts.degraded_reason}) {
        if (*text) { cut(**text, k_most_word_bytes); }
    }
}

void shorten(LogRecord& record) {
    if (record.metrics.size() > k_most_metrics) { record.metrics.resize(k_most_metrics); }
    record.inputs.clear();
    record.params = Json::object();
    record.tags = Json::object().set("runlake", k_cut);
    for (auto* text : {&record.note, &record.error, &record.facts.degraded_reason}) {
        if (*text) { cut(**text, k_most_word_bytes * 16); }
    }
    for (auto& [name, value] : record.metrics) { cut(name, k_most_word_bytes); }
}

void shorten(EndRecord& record) {
    if (record.metrics.size() > k_most_metrics) { record.metrics.resize(k_most_metrics); }
    for (auto& [name, value] : record.metrics) { cut(name, k_most_word_bytes); }
    if (record.stderr_tail) { cut(*record.stderr_tail, k_most_word_bytes * 16); }
    if (record.facts.degraded_reason) { cut(*record.facts.degraded_reason, k_most_word_bytes); }
    if (record.start) { shorten(*record.start); }
}

template <class Record>
std::string fit(const Record& record) {
    std::string payload = to_payload(record);
    if (payload.size() <= k_most_payload) { return payload; }
    Record shorter = record;
    shorten(shorter);
    return to_payload(shorter);
}

}  // namespace

void tidy(StartRecord& record) {
    redact(record.stage);
    redact(record.tenant);
    if (!record.argv.empty()) { record.argv = core::redact_argv(record.argv); }
    redact_inputs(record.inputs);
    redact(record.config_path);
    redact(record.working_dir);
    redact_members(record.params);
    redact_members(record.tags);
    redact(record.facts.degraded_reason);
}

void tidy(LogRecord& record) {
    make_unique(record.metrics);
    redact_members(record.tags);
    redact_members(record.params);
    redact(record.note);
    if (record.error) { record.error = std::string(head_of_error(tidy_text(*record.error))); }
    redact_inputs(record.inputs);
    redact(record.facts.degraded_reason);
}

void tidy(EndRecord& record) {
    make_unique(record.metrics);
    redact(record.stderr_tail);
    redact(record.facts.degraded_reason);
}

std::string tidy_text(std::string_view text) { return core::redact_text(core::valid_utf8(text)); }

std::string_view head_of_error(std::string_view tidied) { return core::cut_utf8(tidied, k_error_head_bytes); }

std::string fitting(const StartRecord& record) { return fit(record); }
std::string fitting(const LogRecord& record) { return fit(record); }
std::string fitting(const EndRecord& record) { return fit(record); }

ErrorText cut_error(std::string_view text) {
    const std::string whole = tidy_text(text);
    return ErrorText{std::string(head_of_error(whole)), whole.size(), std::nullopt};
}

}  // namespace runlake::record
