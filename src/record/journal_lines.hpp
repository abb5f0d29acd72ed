// SPDX-License-Identifier: Apache-2.0
// Inside record only: taking a segment's bytes apart into lines, and judging each.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "core/result.hpp"

namespace runlake::record {

enum class LineKind : std::uint8_t {
    good,      // a record
    note,      // of the journal's own (what a merged segment came from): whole, but nobody's record
    mixed,     // damaged, with a whole record at its end: a line whose newline was lost takes no neighbour along
    corrupt,
    newer,     // of a later format version
    blank,     // stands where a writer made sure that it starts on a fresh line
    overlong,  // a piece of a line over the limit; `continued` after the first
};

struct Line {
    LineKind kind = LineKind::corrupt;
    std::string_view raw;         // the whole line or piece, with its newline
    std::string_view payload;     // for good, note and mixed
    std::uint64_t offset = 0;     // of raw
    std::uint64_t at = 0;         // of the record's frame: differs from offset for mixed
    bool continued = false;
    const char* reason = "";      // for corrupt and mixed
};

// What a line without its newline is.
Line judge_line(std::string_view text);

// Reads from `offset` to the end of what is there, in blocks; `each` gets every line that has its newline. Returns the offset after the last of them; `torn` says whether
// bytes follow it.
core::Result<std::uint64_t> scan_lines(int fd, std::string_view path, std::uint64_t offset, bool& torn, const std::function<core::Status(const Line&)>& each);

// Payloads of the journal's own begin so.
inline constexpr std::string_view k_merged_prefix = "{\"kind\":\"merged\"";

}  // namespace runlake::record
