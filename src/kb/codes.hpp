// SPDX-License-Identifier: Apache-2.0
// The one table of what validation can say: codes, severities, causes, fixes. The page docs/reference/validation-codes.md is made from it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "kb/issue.hpp"

namespace runlake::kb {

struct CodeInfo {
    std::string_view code;
    std::string_view check;       // "" but for faults of the knowledge base, which share a code
    Severity severity;
    bool by_strict_runs;          // --strict-runs warn makes it a warning, off leaves it unsaid
    std::string_view cause;       // a whole sentence each
    std::string_view fix;         // what to do
    std::string_view leave;       // what not to "fix"; "" when nothing is to be feared
};

std::span<const CodeInfo> codes();
// The row of an issue. Every issue has one: a test walks all places that make issues.
const CodeInfo& info_of(const Issue& issue);
const CodeInfo& info_of(std::string_view code, std::string_view check = "");
// "fix" and "leave" as one hint.
std::string hint_of(const CodeInfo& info);
// The page, as Markdown.
std::string codes_page();

}  // namespace runlake::kb
