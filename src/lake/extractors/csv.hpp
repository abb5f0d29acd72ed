// SPDX-License-Identifier: Apache-2.0
// Reading comma-separated values (RFC 4180): quoted cells may hold commas, quotes twice and line breaks; lines end in LF, CRLF or CR. Where the first line has no comma, what separates are
// its semicolons, as spreadsheets write them where the comma is a decimal point, or else its tabs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace runlake::lake {

// The text must outlive the reader. A byte order mark at its beginning is passed over, and so are empty lines.
class CsvReader {
  public:
    explicit CsvReader(std::string_view text);
    // The cells of the next record; false at the end. Errc::corrupt: a quote that is not closed, or text after one.
    core::Result<bool> next(std::vector<std::string>& cells);
    std::uint64_t line() const { return line_; }  // on which the last record began, from 1

  private:
    core::Status cell(std::string& out);
    bool at_line_end() const;
    void pass_line_end();
    std::string_view rest_;
    char separator_ = ',';
    std::uint64_t line_ = 0;
    std::uint64_t next_line_ = 1;
};

}  // namespace runlake::lake
