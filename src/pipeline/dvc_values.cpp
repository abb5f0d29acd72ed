// SPDX-License-Identifier: Apache-2.0
// Looks values up and puts them into texts as DVC does.
#include "pipeline/dvc_values.hpp"

#include <optional>

#include "core/shell.hpp"
#include "core/text.hpp"
#include "core/yaml.hpp"
#include "os/files.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;
using core::Json;

constexpr std::uint64_t k_most_bytes = 16U << 20U;

// "a.b[0]" as its names.
core::Result<std::vector<std::string>> split_name(std::string_view name) {
    std::vector<std::string> parts;
    std::string part;
    bool open = false;
    const auto keep = [&] {
        if (!part.empty()) { parts.push_back(std::move(part)); }
        part.clear();
    };
    for (const char c : name) {
        if (c == '[' && !open) {
            keep();
            open = true;
        } else if (c == ']' && open) {
            keep();
            open = false;
        } else if (c == '.' && !open) {
            keep();
        } else {
            part += c;
        }
    }
    keep();
    if (open || parts.empty()) { return core::Error(core::Errc::usage, cat("\"${", name, "}\" names nothing")); }
    return parts;
}

const Json* look_up(const Json& values, const std::vector<std::string>& parts) {
    const Json* at = &values;
    for (const std::string& part : parts) {
        if (const core::JsonArray* items = at->as_array()) {
            const auto index = core::parse_integer(part);
            if (!index || *index < 0 || static_cast<std::size_t>(*index) >= items->size()) { return nullptr; }
            at = &(*items)[static_cast<std::size_t>(*index)];
        } else {
            at = at->find(part);
        }
        if (at == nullptr) { return nullptr; }
    }
    return at;
}

core::Result<Json> value_of(std::string_view name, const Json& values) {
    RL_ASSIGN(const std::vector<std::string> parts, split_name(core::trim(name)));
    const Json* found = look_up(values, parts);
    if (found == nullptr) { return core::Error(core::Errc::usage, cat("no value is named \"${", core::trim(name), "}\"")); }
    return *found;
}

core::Result<std::string> option_value(const Json& value) {
    if (const std::string* text = value.as_string()) { return core::shell_word(*text); }
    // In a list of options Python's own words stand.
    if (const bool* truth = value.as_bool()) { return std::string(*truth ? "True" : "False"); }
    return dvc_text(value);
}

core::Status append_options(std::string& out, const std::string& prefix, const Json& mapping) {
    for (const auto& [key, value] : *mapping.as_object()) {
        const std::string name = prefix + key;
        if (value.is_object()) {
            RL_TRY(append_options(out, name + ".", value));
            continue;
        }
        std::string words;
        if (const bool* truth = value.as_bool()) {
            if (!*truth) { continue; }
        } else if (const core::JsonArray* items = value.as_array()) {
            if (items->empty()) { continue; }
            for (const Json& item : *items) {
                RL_ASSIGN(const std::string word, option_value(item));
                words += ' ' + word;
            }
        } else {
            RL_ASSIGN(const std::string word, option_value(value));
            words = ' ' + word;
        }
        out += cat(out.empty() ? "" : " ", "--", name, words);
    }
    return core::ok();
}

// Where the next "${" begins that no backslash takes back; its end in `end`.
std::size_t next_value(std::string_view text, std::size_t from, std::size_t& end) {
    for (std::size_t at = text.find("${", from); at != std::string_view::npos; at = text.find("${", at + 2)) {
        if (at > 0 && text[at - 1] == '\\') { continue; }
        end = text.find('}', at);
        return end == std::string_view::npos ? std::string_view::npos : at;
    }
    return std::string_view::npos;
}

void append_plain(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i).starts_with("\\${")) { continue; }
        out += text[i];
    }
}

core::Result<std::string> replace_all(std::string_view text, const Json& values, bool options) {
    std::string out;
    std::size_t from = 0;
    std::size_t end = 0;
    for (std::size_t at = next_value(text, from, end); at != std::string_view::npos; at = next_value(text, from, end)) {
        append_plain(out, text.substr(from, at - from));
        RL_ASSIGN(const Json value, value_of(text.substr(at + 2, end - at - 2), values));
        if (options && value.is_object()) {
            std::string words;
            RL_TRY(append_options(words, "", value));
            out += words;
        } else {
            RL_ASSIGN(const std::string shown, dvc_text(value));
            out += shown;
        }
        from = end + 1;
    }
    append_plain(out, text.substr(from));
    return out;
}

}  // namespace

void merge_values(Json& base, const Json& more) {
    if (!more.is_object()) { return; }
    if (!base.is_object()) { base = Json::object(); }
    for (const auto& [name, value] : *more.as_object()) {
        Json* there = nullptr;
        for (auto& [key, member] : *base.as_object()) {
            if (key == name) { there = &member; }
        }
        if (there != nullptr && there->is_object() && value.is_object()) {
            merge_values(*there, value);
        } else {
            base.set(name, value);
        }
    }
}

core::Result<Json> interpolate(std::string_view text, const Json& values) {
    std::size_t end = 0;
    if (next_value(text, 0, end) == 0 && end + 1 == text.size()) { return value_of(text.substr(2, end - 2), values); }
    RL_ASSIGN(std::string replaced, replace_all(text, values, false));
    return Json(std::move(replaced));
}

core::Result<std::string> interpolate_command(std::string_view text, const Json& values) { return replace_all(text, values, true); }

core::Result<std::string> dvc_text(const Json& value) {
    if (const std::string* text = value.as_string()) { return *text; }
    if (const bool* truth = value.as_bool()) { return std::string(*truth ? "true" : "false"); }
    if (const double* number = value.as_float()) {
        const bool finite = *number - *number == 0;
        return finite ? core::python_float(*number) : std::string(*number > 0 ? "inf" : *number < 0 ? "-inf" : "nan");
    }
    if (value.is_number()) { return core::to_json(value); }
    return core::Error(core::Errc::usage, value.is_null() ? "an empty value cannot stand in a text" : "a list or mapping cannot stand in a text");
}

core::Result<Json> read_values(const std::string& path) {
    const bool yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    if (!yaml && !path.ends_with(".json")) { return core::Error(core::Errc::unsupported, cat("values are read from YAML and JSON only, not from ", path)); }
    RL_ASSIGN(const std::string text, os::read_file(path, k_most_bytes));
    if (!yaml) { return core::parse_json(text, path); }
    RL_ASSIGN(core::YamlDocument document, core::parse_yaml(text, path));
    return std::move(document.root);
}

}  // namespace runlake::pipeline
