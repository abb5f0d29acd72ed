// SPDX-License-Identifier: Apache-2.0
// The block that Runlake keeps in a file of the user's (.gitignore, .gitattributes, AGENTS.md), between two marker lines of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace runlake::ops {

struct Block {
    std::string begin;      // the marker lines, without their ends
    std::string end;
    std::string text;       // between them: whole lines, ended by LF
};

// The text with the block in it: in the place of the one that is there, else at the end, after a blank line. Everything outside of the markers stays to the byte; the block takes the line
// ends of the file (CRLF where its first line has it). Errc::conflict: a marker is there without its partner, or twice.
core::Result<std::string> with_block(std::string_view file, const Block& block);

// The lines outside of the block (counted from 1) that keep git from ever looking into `folder` (".runlake"): "/.runlake", ".runlake/", "**/.runlake/  # comment". git can take
// nothing below such a folder back in.
struct IgnoredLine {
    std::size_t number;
    std::string text;
};
std::vector<IgnoredLine> lines_that_hide(std::string_view file, std::string_view folder);

}  // namespace runlake::ops
