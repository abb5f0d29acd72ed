// SPDX-License-Identifier: Apache-2.0
// Words for tools rather than people, all beginning with "__": they are in no help, page or completion.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace runlake::cli {

// What a hidden word prints, or nothing when the first word is none of them:
//   __complete WORD...       candidates for the last word (complete.hpp)
//   __man DOCS_DIR OUT_DIR   writes the manual pages (man.hpp)
//   __docs DOCS_DIR          makes the generated parts of docs/cli again: README.md and each page's options
//   __codes DIR              writes validation-codes.md
//   __commands               the table of commands as JSON
//   __merge-ledger BASE OURS THEIRS   git's merge driver of the ledger: writes what stands into OURS
//   __lake_tables DIR        writes lake-tables.md
//   __points                 names of all fault points, one a line
std::optional<core::Result<std::string>> run_hidden(const std::vector<std::string>& words);

}  // namespace runlake::cli
