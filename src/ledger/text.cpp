// SPDX-License-Identifier: Apache-2.0
#include "ledger/text.hpp"

#include <algorithm>
#include <vector>

namespace runlake::ledger {
namespace {

using core::Json;

void indent(std::string& out, int depth) { out.append(1, '\n').append(static_cast<std::size_t>(depth) * 2, ' '); }

core::Status write(std::string& out, const Json& value, bool sort, int depth) {
    if (const auto* members = value.as_object(); members != nullptr && !members->empty()) {
        std::vector<const core::JsonMember*> sorted;
        sorted.reserve(members->size());
        for (const core::JsonMember& member : *members) { sorted.push_back(&member); }
        if (sort) { std::ranges::sort(sorted, {}, [](const core::JsonMember* member) -> const std::string& { return member->first; }); }
        char before = '{';
        for (const core::JsonMember* member : sorted) {
            out += before;
            before = ',';
            indent(out, depth + 1);
            RL_ASSIGN(const std::string name, core::python_json(Json(member->first)));
            out.append(name).append(": ");
            RL_TRY(write(out, member->second, sort, depth + 1));
        }
        indent(out, depth);
        out += '}';
        return core::ok();
    }
    if (const auto* items = value.as_array(); items != nullptr && !items->empty()) {
        char before = '[';
        for (const Json& item : *items) {
            out += before;
            before = ',';
            indent(out, depth + 1);
            RL_TRY(write(out, item, sort, depth + 1));
        }
        indent(out, depth);
        out += ']';
        return core::ok();
    }
    RL_ASSIGN(const std::string text, core::python_json(value));
    out += text;
    return core::ok();
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

core::Result<std::string> ledger_text(const Json& value, Order order) {
    std::string out;
    RL_TRY(write(out, value, order == Order::sorted, 0));
    out += '\n';
    return out;
}

std::string compact(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    bool inside = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (inside && c == '\\' && i + 1 < json.size()) {
            out += c;
            out += json[++i];
            continue;
        }
        if (c == '"') { inside = !inside; }
        if (inside || !is_space(c)) { out += c; }
    }
    return out;
}

std::string entry_time(core::Timestamp at) {
    constexpr std::size_t k_to_seconds = 19;  // "2026-06-03T11:48:10"
    return core::format_iso(at).substr(0, k_to_seconds) + "Z";
}

}  // namespace runlake::ledger
