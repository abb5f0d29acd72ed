// SPDX-License-Identifier: Apache-2.0
#include "lake/extractors/csv.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace runlake::lake {

CsvReader::CsvReader(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) { rest_.remove_prefix(3); }
    // The best of those that the first line has outside of quotes.
    constexpr std::string_view k_separators = ",;\t";
    auto best = k_separators.size();
    bool is_quoted = false;
    for (const char c : rest_.substr(std::min(rest_.find_first_not_of("\r\n"), rest_.size()))) {
        is_quoted = is_quoted != (c == '"');
        if (!is_quoted && (c == '\r' || c == '\n')) { break; }
        if (!is_quoted) { best = std::min(best, k_separators.find(c)); }
    }
    if (best < k_separators.size()) { separator_ = k_separators[best]; }
}

bool CsvReader::at_line_end() const { return rest_.starts_with('\n') || rest_.starts_with('\r'); }

void CsvReader::pass_line_end() {
    rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : 1);
    ++next_line_;
}

core::Result<bool> CsvReader::next(std::vector<std::string>& cells) {
    cells.clear();
    while (at_line_end()) { pass_line_end(); }
    line_ = next_line_;
    if (rest_.empty()) { return false; }
    for (;;) {
        RL_TRY(cell(cells.emplace_back()));
        if (rest_.empty()) { return true; }
        if (at_line_end()) {
            pass_line_end();
            return true;
        }
        rest_.remove_prefix(1);
    }
}

// Leaves the separator or line end after the cell.
core::Status CsvReader::cell(std::string& out) {
    if (!rest_.starts_with('"')) {
        const std::array ends = {separator_, '\r', '\n'};
        out = rest_.substr(0, rest_.find_first_of(std::string_view(ends.data(), ends.size())));
        rest_.remove_prefix(out.size());
        return core::ok();
    }
    rest_.remove_prefix(1);
    for (;;) {
        const auto quote = rest_.find('"');
        const auto text = rest_.substr(0, quote);
        for (const char c : text) { next_line_ += c == '\n' ? 1 : 0; }
        out += text;
        if (quote == std::string_view::npos) { return core::Error(core::Errc::corrupt, core::cat("line ", line_, ": a quote is not closed")).at_line(line_); }
        rest_.remove_prefix(quote + 1);
        if (!rest_.starts_with('"')) { break; }
        out += '"';
        rest_.remove_prefix(1);
    }
    if (!rest_.empty() && rest_.front() != separator_ && !at_line_end()) {
        return core::Error(core::Errc::corrupt, core::cat("line ", line_, ": there is text after a quoted cell")).at_line(line_);
    }
    return core::ok();
}

}  // namespace runlake::lake
