// SPDX-License-Identifier: Apache-2.0
// `validate`: the knowledge base, the links of runs, and every citation, checked against what is known here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "kb/check_citations.hpp"
#include "kb/issue.hpp"

namespace runlake::ops {

enum class ValidateScope : std::uint8_t { all, kb, runs };

struct ValidateRequest {
    std::optional<std::string> store;          // --store
    ValidateScope scope = ValidateScope::all;
    kb::CitationRules rules;
    std::vector<std::string> files;            // these alone are spoken of, from the current folder; empty: everything
};

struct ValidateResponse {
    kb::Issues issues;                         // the knowledge base, then runs, then citations; each by path and line
    std::size_t errors = 0;
    std::size_t warnings = 0;
    std::size_t notes = 0;
    std::size_t kb_notes = 0;                  // notes of the knowledge base that were read
    std::size_t documents = 0;                 // other documents that were read
    kb::CitationCounts counts;
    bool passed() const { return errors == 0; }
};

// Writes nothing of the project. Errc::usage: a file outside of the project.
core::Result<ValidateResponse> validate(const ValidateRequest& request);
core::Json to_json(const ValidateResponse& response);
core::Json to_sarif(const ValidateResponse& response);

// What to do about an issue, for people and agents; a whole sentence or two.
std::string hint_of(const kb::Issue& issue);
// docs/reference/validation-codes.md.
std::string validation_codes_page();

}  // namespace runlake::ops
