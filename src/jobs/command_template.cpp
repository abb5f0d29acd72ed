// SPDX-License-Identifier: Apache-2.0
// Placeholders of a command, and quoting for a shell.
#include "jobs/command_template.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "core/shell.hpp"
#include "core/text.hpp"

namespace runlake::jobs {
namespace {

using core::Json;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

Json sorted(const Json& value) {
    if (const core::JsonArray* items = value.as_array()) {
        core::JsonArray all;
        for (const Json& item : *items) { all.push_back(sorted(item)); }
        return {std::move(all)};
    }
    const core::JsonObject* members = value.as_object();
    if (members == nullptr) { return value; }
    core::JsonObject all;
    for (const auto& [name, member] : *members) { all.emplace_back(name, sorted(member)); }
    std::ranges::sort(all, {}, &core::JsonMember::first);
    return {std::move(all)};
}

// json.dumps(value, sort_keys=True, separators=(",", ":")): ASCII.
core::Result<std::string> compact(const Json& value) {
    std::string out;
    if (const core::JsonArray* items = value.as_array()) {
        out += '[';
        for (std::size_t i = 0; i < items->size(); ++i) {
            RL_ASSIGN(const std::string item, compact((*items)[i]));
            out.append(i > 0 ? "," : "").append(item);
        }
        return out += ']';
    }
    if (const core::JsonObject* members = value.as_object()) {
        out += '{';
        for (std::size_t i = 0; i < members->size(); ++i) {
            RL_ASSIGN(const std::string name, core::python_json(Json((*members)[i].first)));
            RL_ASSIGN(const std::string member, compact((*members)[i].second));
            out.append(i > 0 ? "," : "").append(name).append(":").append(member);
        }
        return out += '}';
    }
    return core::python_json(value);
}

// Python's repr() of a text: single quotes unless it has some and no double ones.
std::string python_repr(std::string_view text) {
    const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
    std::string out(1, quote);
    for (const char c : text) {
        if (c == '\\' || c == quote) {
            out.append(1, '\\').append(1, c);
        } else if (c == '\n' || c == '\r' || c == '\t') {
            out.append(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            constexpr std::string_view k_hex = "0123456789abcdef";
            const auto byte = static_cast<unsigned char>(c);
            out.append("\\x").append(1, k_hex[byte >> 4U]).append(1, k_hex[byte & 15U]);
        } else {
            out += c;
        }
    }
    return out += quote;
}

// Python's str() of a value; of a text inside of a list or mapping, its repr().
std::string python_str(const Json& value, bool inside) {
    if (const std::string* text = value.as_string()) { return inside ? python_repr(*text) : *text; }
    if (const bool* truth = value.as_bool()) { return *truth ? "True" : "False"; }
    if (value.is_null()) { return "None"; }
    if (const double* real = value.as_float()) { return core::python_float(*real); }
    std::string out;
    if (const core::JsonArray* items = value.as_array()) {
        out += '[';
        for (std::size_t i = 0; i < items->size(); ++i) { out.append(i > 0 ? ", " : "").append(python_str((*items)[i], true)); }
        return out += ']';
    }
    if (const core::JsonObject* members = value.as_object()) {
        out += '{';
        for (std::size_t i = 0; i < members->size(); ++i) {
            out.append(i > 0 ? ", " : "").append(python_repr((*members)[i].first)).append(": ").append(python_str((*members)[i].second, true));
        }
        return out += '}';
    }
    return core::to_json(value);   // integers of any size
}

core::Result<std::optional<std::string>> value_of(std::string_view name, const Job& job) {
    if (name == "job_id") { return std::optional(job.id.str()); }
    if (name == "sp_json" || name == "sp_json_shell") {
        RL_ASSIGN(std::string json, compact(sorted(job.state_point)));
        return std::optional(name == "sp_json" ? std::move(json) : core::shell_word(json));
    }
    const Json* found = job.state_point.find(name);
    return found == nullptr ? std::optional<std::string>() : std::optional(python_str(*found, false));
}

}  // namespace

core::Result<std::string> fill_command(std::string_view text, const Job& job) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i + 1;
        if (text[i] == '{' && (i == 0 || text[i - 1] != '$') && end < text.size() && is_letter(text[end])) {
            while (end < text.size() && is_name_part(text[end])) { ++end; }
            if (end < text.size() && text[end] == '}') {
                RL_ASSIGN(const std::optional<std::string> value, value_of(text.substr(i + 1, end - i - 1), job));
                if (value) {
                    out += *value;
                    i = end + 1;
                    continue;
                }
            }
        }
        out += text[i++];
    }
    return out;
}

}  // namespace runlake::jobs
