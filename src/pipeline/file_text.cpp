// SPDX-License-Identifier: Apache-2.0
// Typed look-ups in a document that note what is wrong with where it stands.
#include <algorithm>

#include "core/text.hpp"
#include "pipeline/file_parts.hpp"

namespace runlake::pipeline {

using core::cat;

core::SourcePosition FileText::at(const std::string& path) const {
    const auto found = document_.positions.find(path);
    return found == document_.positions.end() ? core::SourcePosition{1, 1} : found->second;
}

const core::Json* FileText::member(const core::Json& object, std::string_view key) const {
    const core::Json* found = object.find(key);
    return found == nullptr || found->is_null() ? nullptr : found;
}

void FileText::check_keys(const core::Json& object, const std::string& path, std::span<const std::string> known) {
    for (const auto& [key, value] : *object.as_object()) {
        if (std::find(known.begin(), known.end(), key) != known.end()) { continue; }
        wrong(cat(path, '/', key), cat("unknown key \"", core::cut_utf8(key, 60), '"', nearest_hint(key, known)));
    }
}

const std::string* FileText::text(const core::Json& object, const std::string& path, std::string_view key) {
    const core::Json* value = member(object, key);
    if (value == nullptr) { return nullptr; }
    if (const std::string* found = value->as_string()) { return found; }
    wrong(cat(path, '/', key), cat('"', key, "\" is ", kind_name(*value), ", not a text"));
    return nullptr;
}

const core::JsonArray* FileText::list(const core::Json& object, const std::string& path, std::string_view key) {
    const core::Json* value = member(object, key);
    if (value == nullptr) { return nullptr; }
    if (const core::JsonArray* found = value->as_array()) { return found; }
    wrong(cat(path, '/', key), cat('"', key, "\" is ", kind_name(*value), ", not a list"));
    return nullptr;
}

std::optional<bool> FileText::boolean(const core::Json& object, const std::string& path, std::string_view key) {
    const core::Json* value = member(object, key);
    if (value == nullptr) { return std::nullopt; }
    if (const bool* found = value->as_bool()) { return *found; }
    wrong(cat(path, '/', key), cat('"', key, "\" is ", kind_name(*value), ", neither true nor false"));
    return std::nullopt;
}

std::optional<std::vector<TemplateText>> FileText::texts(const core::Json& object, const std::string& path, std::string_view key) {
    const core::Json* value = member(object, key);
    if (value == nullptr) { return std::nullopt; }
    const std::string base = cat(path, '/', key);
    std::vector<TemplateText> found;
    if (const std::string* one = value->as_string()) {
        found.push_back({*one, at(base)});
        return found;
    }
    const core::JsonArray* items = value->as_array();
    if (items == nullptr) {
        wrong(base, cat('"', key, "\" is ", kind_name(*value), ", not a list of texts"));
        return std::nullopt;
    }
    for (std::size_t i = 0; i < items->size(); ++i) {
        const std::string item_path = cat(base, '/', i);
        // How a number was written is not known any more ("007" is 7), so it is not taken for a text.
        const core::Json& item_value = (*items)[i];
        const std::string* item = item_value.as_string();
        if (item == nullptr) {
            const bool quotable = item_value.is_bool() || item_value.is_number();
            wrong(item_path, cat("an entry of \"", key, "\" is ", kind_name(item_value), ", not a text", quotable ? ": put it in quotes" : ""));
            continue;
        }
        found.push_back({*item, at(item_path)});
    }
    return found;
}

std::string_view kind_name(const core::Json& value) {
    if (value.is_null()) { return "empty"; }
    if (value.is_bool()) { return "true or false"; }
    if (value.is_number()) { return "a number"; }
    if (value.is_string()) { return "a text"; }
    return value.is_array() ? "a list" : "a mapping";
}

std::string nearest_hint(std::string_view word, std::span<const std::string> candidates) {
    const std::optional<std::string> near = core::nearest(word, candidates);
    return near ? cat(" (nearest: \"", *near, "\")") : "";
}

bool is_identifier(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !text.empty() && text.size() <= 100 && letter(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool is_param_name(std::string_view text) {
    std::string plain(text);
    std::replace(plain.begin(), plain.end(), '-', '_');
    return is_identifier(plain) && text.front() != '-';
}

namespace {

constexpr int k_param_levels = 50;
constexpr std::size_t k_param_key_bytes = 200;

bool can_be_written(const core::Json& value, int levels) {
    if (levels == 0) { return false; }
    if (const core::JsonArray* items = value.as_array()) {
        return std::all_of(items->begin(), items->end(), [&](const core::Json& item) { return can_be_written(item, levels - 1); });
    }
    const core::JsonObject* members = value.as_object();
    return members == nullptr || std::all_of(members->begin(), members->end(), [&](const core::JsonMember& member) {
               return member.first.size() <= k_param_key_bytes && can_be_written(member.second, levels - 1);
           });
}

}  // namespace

void check_param(FileText& text, const std::string& path, const std::string& name, const core::Json& value) {
    if (!is_param_name(name)) {
        text.wrong(path, cat('"', core::cut_utf8(name, 60), "\" is no name of a param: letters, digits, _ and -"));
    } else if (!can_be_written(value, k_param_levels)) {
        text.wrong(path, cat("the param \"", name, "\" is nested more than ", k_param_levels, " levels deep, or has a key of more than ", k_param_key_bytes, " bytes"));
    }
}

bool is_reserved_name(std::string_view text) {
    return text == "experiment_key" || text == "stage" || text == "project" || text == "run_dir" || text == "out" || text == "params";
}

std::optional<std::string> scalar_text(const core::Json& value) {
    if (const std::string* text = value.as_string()) { return *text; }
    if (const bool* truth = value.as_bool()) { return *truth ? "true" : "false"; }
    if (value.is_number()) { return core::to_json(value); }
    return std::nullopt;
}

}  // namespace runlake::pipeline
