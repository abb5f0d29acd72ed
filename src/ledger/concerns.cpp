// SPDX-License-Identifier: Apache-2.0
#include "ledger/concerns.hpp"

#include <algorithm>

#include "core/redact.hpp"
#include "core/text.hpp"

namespace runlake::ledger {
namespace {

using core::cat;
using core::Json;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_name(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '~' || c == '+' || c == '@' || static_cast<unsigned char>(c) >= 0x80; }
// What may stand before a path inside a text.
bool is_edge(char c) { return std::string_view(" \t\n\r\"'`=:,;([{<>|&!").find(c) != std::string_view::npos; }

// Two names at least ("/home/ada"): a single one ("/min") is a unit or a route as often as a folder.
bool is_unix_path(std::string_view rest) {
    std::size_t names = 0;
    for (std::size_t at = 0; at + 1 < rest.size() && rest[at] == '/' && is_name(rest[at + 1]);) {
        ++names;
        at = std::min(rest.find_first_not_of('/', at), rest.size());
        while (at < rest.size() && is_name(rest[at])) { ++at; }
    }
    return names >= 2;
}

bool begins_a_path(std::string_view rest) {
    if (rest.starts_with('/')) { return is_unix_path(rest); }
    if (rest.starts_with("~/")) { return rest.size() > 2; }
    if (rest.starts_with("\\\\")) { return rest.size() > 2 && is_name(rest[2]) && rest.find('\\', 2) != std::string_view::npos; }
    if (rest.starts_with("file:///")) { return true; }
    return rest.size() > 2 && is_letter(rest[0]) && rest[1] == ':' && (rest[2] == '\\' || (rest[2] == '/' && rest.size() > 3 && rest[3] != '/'));
}

void look(const Json& value, const std::string& where, std::string_view name, bool is_secret, std::vector<Concern>& found) {
    if (const auto* members = value.as_object()) {
        for (const auto& [key, member] : *members) {
            if (has_absolute_path(key)) { found.push_back({cat(where, ".", "<a key>"), "an absolute path"}); }
            look(member, cat(where, ".", key), key, is_secret || core::is_secret_name(key), found);
        }
        return;
    }
    if (const auto* items = value.as_array()) {
        for (std::size_t i = 0; i < items->size(); ++i) { look((*items)[i], cat(where, "[", i, "]"), name, is_secret, found); }
        return;
    }
    const std::string* text = value.as_string();
    // Numbers and flags under a secret's name ("token_limit": 512, "auth": true) tell nothing; texts do.
    if (text == nullptr || text->empty()) { return; }
    if (is_secret || core::redact_text(*text) != *text) {
        found.push_back({where, "a secret"});
    } else if (has_absolute_path(*text)) {
        found.push_back({where, "an absolute path"});
    }
}

}  // namespace

bool has_absolute_path(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if ((at == 0 || is_edge(text[at - 1])) && begins_a_path(text.substr(at))) { return true; }
    }
    return false;
}

std::vector<Concern> concerns_in(const Json& value, std::string_view within) {
    std::vector<Concern> found;
    look(value, std::string(within), within, false, found);
    return found;
}

}  // namespace runlake::ledger
