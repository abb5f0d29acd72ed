// SPDX-License-Identifier: Apache-2.0
#include "ops/install_text.hpp"

#include <optional>

#include "core/text.hpp"

namespace runlake::ops {
namespace {

using core::cat;

std::string_view without_end(std::string_view line) {
    if (line.ends_with('\n')) { line.remove_suffix(1); }
    if (line.ends_with('\r')) { line.remove_suffix(1); }
    return line;
}

// Lines with their ends.
std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end == std::string_view::npos ? text.size() : end + 1));
        text.remove_prefix(lines.back().size());
    }
    return lines;
}

std::string written(const Block& block, std::string_view line_end) {
    std::string out = cat(block.begin, line_end);
    for (const std::string_view line : lines_of(block.text)) { out += cat(without_end(line), line_end); }
    return out + cat(block.end, line_end);
}

}  // namespace

core::Result<std::string> with_block(std::string_view file, const Block& block) {
    const std::vector<std::string_view> lines = lines_of(file);
    std::optional<std::size_t> begin;
    std::optional<std::size_t> end;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string_view line = core::trim(without_end(lines[i]));
        const bool is_begin = line == block.begin;
        if (!is_begin && line != block.end) { continue; }
        if ((is_begin && begin) || (!is_begin && (end || !begin))) {
            return core::Error(core::Errc::conflict, cat("line ", i + 1, " is a marker (", line, ") without its partner, or one too many: put the markers right, or remove them"));
        }
        (is_begin ? begin : end) = i;
    }
    if (begin && !end) { return core::Error(core::Errc::conflict, cat("line ", *begin + 1, " is a marker (", block.begin, ") without its partner: put the markers right, or remove it")); }
    const std::string_view line_end = !lines.empty() && lines.front().ends_with("\r\n") ? "\r\n" : "\n";
    std::string out;
    for (std::size_t i = 0; i < (begin ? *begin : lines.size()); ++i) { out += lines[i]; }
    if (!begin && !out.empty()) {
        if (!out.ends_with('\n')) { out += line_end; }
        if (!core::trim(without_end(lines.back())).empty()) { out += line_end; }
    }
    out += written(block, line_end);
    for (std::size_t i = end ? *end + 1 : lines.size(); i < lines.size(); ++i) { out += lines[i]; }
    return out;
}

std::vector<IgnoredLine> lines_that_hide(std::string_view file, std::string_view folder) {
    std::vector<IgnoredLine> found;
    const std::vector<std::string_view> lines = lines_of(file);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::string_view pattern = core::trim(without_end(lines[i]));
        // git knows no comment behind a pattern, but people write them.
        if (const std::size_t comment = pattern.find(" #"); comment != std::string_view::npos) { pattern = core::trim(pattern.substr(0, comment)); }
        if (pattern.starts_with("**/")) { pattern.remove_prefix(3); }
        if (pattern.starts_with('/')) { pattern.remove_prefix(1); }
        if (pattern.ends_with("/**")) { pattern.remove_suffix(3); }
        if (pattern.ends_with('/')) { pattern.remove_suffix(1); }
        if (pattern == folder) { found.push_back({i + 1, std::string(without_end(lines[i]))}); }
    }
    return found;
}

}  // namespace runlake::ops
