// SPDX-License-Identifier: Apache-2.0
#include "lake/extractors/csv.hpp"

#include "core/text.hpp"

namespace runlake::lake {

core::Result<bool> CsvReader::next(std::vector<std::string>& cells) {
    cells.clear();
    while (rest_.starts_with('\n') || rest_.starts_with("\r\n")) {
        rest_.remove_prefix(rest_.starts_with('\n') ? 1 : 2);
        ++next_line_;
    }
    line_ = next_line_;
    if (rest_.empty()) { return false; }
    for (;;) {
        RL_TRY(cell(cells.emplace_back()));
        if (rest_.starts_with(',')) {
            rest_.remove_prefix(1);
            continue;
        }
        if (rest_.starts_with("\r\n")) { rest_.remove_prefix(1); }
        if (!rest_.empty()) { rest_.remove_prefix(1); }
        ++next_line_;
        return true;
    }
}

// Leaves the comma or line end after the cell.
core::Status CsvReader::cell(std::string& out) {
    if (!rest_.starts_with('"')) {
        const auto end = rest_.find_first_of(",\n");
        auto text = rest_.substr(0, end);
        rest_.remove_prefix(text.size());
        if (text.ends_with('\r') && (rest_.empty() || rest_.front() == '\n')) { text.remove_suffix(1); }
        out = text;
        return core::ok();
    }
    rest_.remove_prefix(1);
    for (;;) {
        const auto quote = rest_.find('"');
        const auto text = rest_.substr(0, quote);
        for (const char c : text) { next_line_ += c == '\n' ? 1 : 0; }
        out += text;
        if (quote == std::string_view::npos) { return core::Error(core::Errc::corrupt, core::cat("line ", line_, ": a quote is not closed")); }
        rest_.remove_prefix(quote + 1);
        if (!rest_.starts_with('"')) { break; }
        out += '"';
        rest_.remove_prefix(1);
    }
    if (!rest_.empty() && rest_.front() != ',' && rest_.front() != '\n' && !rest_.starts_with("\r\n")) {
        return core::Error(core::Errc::corrupt, core::cat("line ", line_, ": there is text after a quoted cell"));
    }
    return core::ok();
}

}  // namespace runlake::lake
