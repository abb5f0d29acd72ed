// SPDX-License-Identifier: Apache-2.0
// Manual pages and the generated parts of docs/cli, both from the table of commands; the rest of a page comes from docs/cli/<noun>-<verb>.md.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "core/result.hpp"

namespace runlake::cli {

// "runs-tail": the name of a command's pages.
std::string page_name(const Command& command);

// The manual page of one command in roff: synopsis and options from the table, the sections of its Markdown page after them.
std::string man_page(const Command& command, std::string_view markdown);
// runlake(1): the list of commands, then the sections of docs/cli/runlake.md.
std::string man_overview(std::span<const Command* const> commands, std::string_view markdown);
// A section's Markdown as the pages use it (### headings, paragraphs, lists, tables, code blocks, `code`, **strong**, links) in roff.
std::string to_roff(std::string_view markdown);

// A command's page with its "## Options" section made again from the table (put at the end when there is none); the first line and the summary below it, too.
std::string with_options(const Command& command, std::string_view markdown);
// docs/cli/README.md.
std::string docs_index(std::span<const Command* const> commands);

}  // namespace runlake::cli
