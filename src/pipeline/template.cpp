// SPDX-License-Identifier: Apache-2.0
// Splits and expands texts with names in braces.
#include "pipeline/template.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace runlake::pipeline {
namespace {

constexpr std::string_view k_double_them = "write {{ and }} for braces that name nothing";

bool is_name(std::string_view text) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'; };
    return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

core::Result<std::vector<TemplatePiece>> split_template(std::string_view text) {
    std::vector<TemplatePiece> pieces;
    std::string plain;
    const auto keep_plain = [&] {
        if (!plain.empty()) { pieces.push_back({false, std::move(plain)}); }
        plain.clear();
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c != '{' && c != '}') {
            plain += c;
            continue;
        }
        if (i + 1 < text.size() && text[i + 1] == c) {
            plain += c;
            ++i;
            continue;
        }
        if (c == '}') { return core::Error(core::Errc::usage, core::cat("a '}' closes no name; ", k_double_them)); }
        const std::size_t end = text.find('}', i + 1);
        const std::string_view name = text.substr(i + 1, end == std::string_view::npos ? end : end - i - 1);
        if (end == std::string_view::npos || !is_name(name)) {
            const std::string shown = core::valid_utf8(core::cut_utf8(text.substr(i), 30));
            return core::Error(core::Errc::usage, core::cat("there is no name in braces at \"", shown, "\"; ", k_double_them));
        }
        keep_plain();
        pieces.push_back({true, std::string(name)});
        i = end;
    }
    keep_plain();
    return pieces;
}

std::string expand_template(std::string_view text, const NameLookup& lookup) {
    auto pieces = split_template(text);
    if (!pieces.ok()) { return std::string(text); }
    std::string out;
    for (const TemplatePiece& piece : pieces.value()) {
        const std::optional<std::string> value = piece.is_name ? lookup(piece.text) : std::optional(piece.text);
        out += value ? *value : core::cat('{', piece.text, '}');
    }
    return out;
}

std::string expand_partly(std::string_view text, const NameLookup& lookup) {
    auto pieces = split_template(text);
    if (!pieces.ok()) { return std::string(text); }
    std::string out;
    for (const TemplatePiece& piece : pieces.value()) {
        const std::optional<std::string> value = piece.is_name ? lookup(piece.text) : std::optional(piece.text);
        out += value ? escape_braces(*value) : core::cat('{', piece.text, '}');
    }
    return out;
}

std::string escape_braces(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        out += c;
        if (c == '{' || c == '}') { out += c; }
    }
    return out;
}

}  // namespace runlake::pipeline
