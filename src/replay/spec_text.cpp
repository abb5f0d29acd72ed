// SPDX-License-Identifier: Apache-2.0
// Typed look-ups in a replay spec.
#include "replay/spec_text.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "replay/probes.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

std::string_view kind_of(const Json& value) {
    if (value.is_bool()) { return "true or false"; }
    if (value.is_number()) { return "a number"; }
    if (value.is_string()) { return "a text"; }
    return value.is_array() ? "a list" : "a mapping";
}

std::optional<std::string> scalar_of(const Json& value) {
    if (const std::string* text = value.as_string()) { return *text; }
    if (const bool* truth = value.as_bool()) { return *truth ? "true" : "false"; }
    if (value.is_number()) { return core::to_json(value); }
    return std::nullopt;
}

// Not ours: an empty folder that each child is given (docs/guide/replay.md).
constexpr std::string_view k_fresh = "fresh";

bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

}  // namespace

std::string nearest_of(std::string_view word, std::span<const std::string> known) {
    const auto near = core::nearest(word, known);
    return near ? cat(" (nearest: \"", *near, "\")") : "";
}

core::SourcePosition SpecText::at(const std::string& path) const {
    const auto found = document_.positions.find(path);
    return found == document_.positions.end() ? core::SourcePosition{1, 1} : found->second;
}

Node SpecText::member(const Node& object, std::string_view key) const {
    Node node{.value = object.value == nullptr ? nullptr : object.value->find(key), .path = cat(object.path, '/', key)};
    if (node.value != nullptr && node.value->is_null()) { node.value = nullptr; }
    return node;
}

bool SpecText::check_object(const Node& node, std::string_view what, std::span<const std::string> known) {
    if (!node.value->is_object()) {
        wrong(node.path, cat(what, " is ", kind_of(*node.value), ", not a mapping"));
        return false;
    }
    for (const auto& [key, value] : *node.value->as_object()) {
        if (std::find(known.begin(), known.end(), key) == known.end()) { wrong(cat(node.path, '/', key), cat("unknown key \"", core::cut_utf8(key, 60), '"', nearest_of(key, known))); }
    }
    return true;
}

// "{name}" is a dimension's value; "{{" and "}}" are braces; any other brace is itself, so that JSON and shell text need no care.
std::string SpecText::filled(const std::string& path, const std::string& text) {
    if (dimensions_ == nullptr || text.find_first_of("{}") == std::string::npos) { return text; }
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((text[i] == '{' || text[i] == '}') && i + 1 < text.size() && text[i + 1] == text[i]) {
            out += text[i++];
            continue;
        }
        std::size_t end = i + 1;
        while (text[i] == '{' && end < text.size() && is_name_char(text[end])) { ++end; }
        if (text[i] != '{' || end == i + 1 || end >= text.size() || text[end] != '}') {
            out += text[i];
            continue;
        }
        const std::string name = text.substr(i + 1, end - i - 1);
        const auto found = std::find_if(dimensions_->begin(), dimensions_->end(), [&](const auto& one) { return one.first == name; });
        if (found == dimensions_->end() && name == k_fresh) {
            out += cat('{', name, '}');
        } else if (found == dimensions_->end()) {
            std::vector<std::string> names;
            for (const auto& one : *dimensions_) { names.push_back(one.first); }
            wrong(path, cat("\"{", core::cut_utf8(name, 60), "}\" is no dimension of the cell", nearest_of(name, names), "; write {{ and }} for braces"));
        } else {
            out += found->second;
        }
        i = end;
    }
    return out;
}

std::optional<std::string> SpecText::plain_text(const Node& node, std::string_view what) {
    if (!node) { return std::nullopt; }
    const std::string* found = node.value->as_string();
    if (found == nullptr) {
        wrong(node.path, cat(what, " is ", kind_of(*node.value), ", not a text", node.value->is_number() ? ": put it in quotes" : ""));
        return std::nullopt;
    }
    if (found->find('\0') != std::string::npos) {
        wrong(node.path, cat(what, " has a zero byte"));
        return std::nullopt;
    }
    return *found;
}

std::optional<std::string> SpecText::text(const Node& node, std::string_view what) {
    const auto plain = plain_text(node, what);
    if (!plain) { return std::nullopt; }
    return filled(node.path, *plain);
}

std::optional<std::string> SpecText::scalar(const Node& node, std::string_view what) {
    if (!node) { return std::nullopt; }
    const auto found = scalar_of(*node.value);
    if (!found || found->find('\0') != std::string::npos) {
        wrong(node.path, cat(what, " is ", found ? "a text with a zero byte" : kind_of(*node.value), ", not a text, number, true or false"));
        return std::nullopt;
    }
    return filled(node.path, *found);
}

std::optional<std::vector<std::string>> SpecText::texts(const Node& node, std::string_view what) {
    if (!node) { return std::nullopt; }
    std::vector<std::string> out;
    const core::JsonArray* items = node.value->as_array();
    if (items == nullptr) {
        const auto one = scalar(node, what);
        if (!one) { return std::nullopt; }
        out.push_back(*one);
        return out;
    }
    for (std::size_t i = 0; i < items->size(); ++i) {
        if (const auto one = scalar({.value = &(*items)[i], .path = cat(node.path, '/', i)}, cat("an entry of ", what))) { out.push_back(*one); }
    }
    return out;
}

std::optional<std::map<std::string, std::string>> SpecText::mapping(const Node& node, std::string_view what) {
    if (!node) { return std::nullopt; }
    const core::JsonObject* members = node.value->as_object();
    if (members == nullptr) {
        wrong(node.path, cat(what, " is ", kind_of(*node.value), ", not a mapping of names to texts"));
        return std::nullopt;
    }
    std::map<std::string, std::string> out;
    for (const auto& [key, value] : *members) {
        if (const auto one = scalar({.value = &value, .path = cat(node.path, '/', key)}, cat('"', core::cut_utf8(key, 60), '"'))) { out.emplace(key, *one); }
    }
    return out;
}

std::optional<double> SpecText::number(const Node& node, std::string_view what) {
    if (!node) { return std::nullopt; }
    const auto found = node.value->number();
    if (!found || !is_finite(*found)) {
        wrong(node.path, cat(what, " is ", found ? "no finite number" : cat(kind_of(*node.value), ", not a number")));
        return std::nullopt;
    }
    return found;
}

std::optional<std::int64_t> SpecText::integer(const Node& node, std::string_view what, std::int64_t least, std::int64_t most) {
    if (!node) { return std::nullopt; }
    const std::int64_t* found = node.value->as_integer();
    if (found == nullptr || *found < least || *found > most) {
        wrong(node.path, cat(what, " is a whole number from ", least, " to ", most));
        return std::nullopt;
    }
    return *found;
}

std::optional<bool> SpecText::boolean(const Node& node, std::string_view what) {
    if (!node) { return std::nullopt; }
    if (const bool* found = node.value->as_bool()) { return *found; }
    const std::string* word = node.value->as_string();
    if (word != nullptr && (*word == "on" || *word == "off")) { return *word == "on"; }
    wrong(node.path, cat(what, " is on or off"));
    return std::nullopt;
}

}  // namespace runlake::replay
