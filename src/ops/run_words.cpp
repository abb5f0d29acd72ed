// SPDX-License-Identifier: Apache-2.0
#include "ops/run_words.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "core/yaml.hpp"
#include "core/yaml_scalar.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::size_t k_longest_name = 250;

bool is_null(std::string_view text) { return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL"; }

core::Result<Json> collect(const std::vector<std::string>& words, std::string_view what, bool typed) {
    Json all = Json::object();
    for (const std::string& word : words) {
        RL_ASSIGN(const auto pair, split_word(word, what));
        if (all.find(pair.first) != nullptr) { return Error(Errc::usage, cat(what, " ", pair.first, " is given twice")); }
        all.set(pair.first, typed ? typed_value(pair.second) : Json(core::valid_utf8(pair.second)));
    }
    return all;
}

}  // namespace

core::Result<std::pair<std::string, std::string>> split_word(std::string_view word, std::string_view what) {
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (equals == std::string_view::npos || name.empty()) {
        return Error(Errc::usage, cat(what, " takes name=value, not '", core::valid_utf8(core::cut_utf8(word, 80)), "'"));
    }
    const bool control = std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (name.size() > k_longest_name || control || core::valid_utf8(name) != name) {
        return Error(Errc::usage, cat(what, ": a name is 1 to ", k_longest_name, " bytes of UTF-8 without control characters"));
    }
    return std::pair(std::string(name), std::string(word.substr(equals + 1)));
}

Json typed_value(std::string_view text) {
    if (is_null(text)) { return {}; }
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
        const core::Result<core::YamlDocument> quoted = core::parse_yaml(text, "value");
        if (quoted.ok() && quoted.value().root.is_string()) { return quoted.value().root; }
    }
    std::optional<Json> value = core::resolve_yaml_scalar(text);
    if (!value || (value->is_float() && !std::isfinite(*value->as_float()))) { return Json(core::valid_utf8(text)); }
    if (value->is_string()) { return Json(core::valid_utf8(text)); }
    return *std::move(value);
}

core::Result<Json> typed_words(const std::vector<std::string>& words, std::string_view what) { return collect(words, what, true); }
core::Result<Json> text_words(const std::vector<std::string>& words, std::string_view what) { return collect(words, what, false); }

}  // namespace runlake::ops
