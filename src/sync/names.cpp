// SPDX-License-Identifier: Apache-2.0
#include "sync/names.hpp"

#include <algorithm>

#include "core/percent.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace runlake::sync {
namespace {

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

// ASCII alone: a name that differs in the case of other letters is told by the listing afterwards.
std::string folded(std::string_view text) { return core::lower_ascii(text); }

}  // namespace

bool is_safe_path(std::string_view path) {
    if (path.empty() || path.find('\0') != std::string_view::npos) { return false; }
    const auto parts = core::split(path, '/');
    return std::none_of(parts.begin(), parts.end(), [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
}

bool is_own(std::string_view path) { return core::lower_ascii(path.substr(0, path.find('/'))) == k_own_folder; }

bool is_plain_name(std::string_view name) {
    return std::none_of(name.begin(), name.end(), [](char c) { return is_control(static_cast<unsigned char>(c)); }) && core::valid_utf8(name) == name;
}

std::string escape_name(std::string_view name) {
    std::string out;
    out.reserve(name.size());
    for (std::size_t at = 0; at < name.size();) {
        const auto c = static_cast<unsigned char>(name[at]);
        const std::size_t length = c < 0x80 ? 1 : core::decode_utf8(name, at).bytes;
        if (length == 0 || is_control(c) || c == '%') {
            core::append_percent(out, name[at], core::k_lower_hex);
            ++at;
            continue;
        }
        out.append(name.substr(at, length));
        at += length;
    }
    return out;
}

std::optional<std::string> unescape_name(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out += text[at];
            continue;
        }
        const auto byte = core::percent_at(text, at, core::k_lower_hex);
        if (!byte) { return std::nullopt; }
        out += *byte;
        at += 2;
    }
    return out;
}

std::optional<std::string> CaseClashes::add(std::string_view path) {
    std::optional<std::string> other;
    for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
        const std::string_view prefix = path.substr(0, end);
        const auto [found, is_new] = spelled_.try_emplace(folded(prefix), prefix);
        if (!is_new && found->second != prefix && !other) { other = found->second; }
        if (end == std::string_view::npos) { return other; }
    }
}

}  // namespace runlake::sync
