// SPDX-License-Identifier: Apache-2.0
#include "kb/front_matter.hpp"

namespace runlake::kb {

WrittenFront::WrittenFront(std::string_view text, const jobs::FrontMatter& front) : text_(text), front_(front) {
    const std::size_t end = text.size() - front.body.size();
    lines_.push_back(0);
    for (std::size_t at = text.find('\n'); at < end; at = text.find('\n', at + 1)) { lines_.push_back(at + 1); }
}

int WrittenFront::line_of(const std::string& path) const {
    const auto at = front_.yaml.positions.find(path);
    return at == front_.yaml.positions.end() ? 1 : at->second.line;
}

std::optional<std::string> WrittenFront::scalar(const std::string& path, const core::Json& value) const {
    if (const std::string* text = value.as_string()) { return *text; }
    if (value.is_null() || value.is_array() || value.is_object()) { return std::nullopt; }
    const auto at = front_.yaml.positions.find(path);
    if (at == front_.yaml.positions.end()) { return std::nullopt; }
    const auto [line, column] = at->second;
    if (line < 1 || column < 1 || static_cast<std::size_t>(line) > lines_.size()) { return std::nullopt; }
    std::string_view rest = text_.substr(lines_[static_cast<std::size_t>(line) - 1]);
    rest = rest.substr(0, rest.find('\n'));
    // Columns count characters.
    for (int i = 1; i < column && !rest.empty(); ++i) {
        rest.remove_prefix(1);
        while (!rest.empty() && (static_cast<unsigned char>(rest.front()) & 0xC0U) == 0x80U) { rest.remove_prefix(1); }
    }
    std::size_t colon = 0;
    if (rest.starts_with('"') || rest.starts_with('\'')) { colon = rest.find(rest.front(), 1); }
    if (colon != std::string_view::npos) { colon = rest.find(": ", colon); }
    if (colon == std::string_view::npos) { return std::nullopt; }
    rest.remove_prefix(colon + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const std::string_view scalar = rest.substr(0, rest.find_first_of(" ,]}\t\r"));
    if (scalar.empty() || scalar.find_first_of("&!*|>\"'{[") != std::string_view::npos) { return std::nullopt; }
    return std::string(scalar);
}

}  // namespace runlake::kb
