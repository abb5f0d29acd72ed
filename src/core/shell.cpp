// SPDX-License-Identifier: Apache-2.0
#include "core/shell.hpp"

#include <algorithm>

namespace runlake::core {
namespace {

// A single quote can't stand between single quotes: they are closed for it.
std::string between_quotes(std::string_view text, std::string_view quote) {
    std::string out = "'";
    for (const char c : text) { c == '\'' ? out += quote : out += c; }
    return out += '\'';
}

}  // namespace

std::string shell_word(std::string_view text) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("@%+=:,./-_").find(c) != std::string_view::npos;
    };
    if (!text.empty() && std::ranges::all_of(text, is_plain)) { return std::string(text); }
    return between_quotes(text, "'\"'\"'");
}

std::string shell_quoted(std::string_view text) { return between_quotes(text, "'\\''"); }

}  // namespace runlake::core
