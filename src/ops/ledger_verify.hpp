// SPDX-License-Identifier: Apache-2.0
// `ledger verify`: whether every entry is what its name says, fit to leave the machine, and what the local run says; and putting merges right.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::ops {

// "conflict", "corrupt", "newer", "unreadable", "path", "secret", "member", "orphan", "disagrees": docs/cli/ledger-verify.md says what each means.
struct LedgerFinding {
    std::string code;
    std::string path;      // of the file
    std::string id;        // "" where none can be told
    std::string message;
    bool fixed = false;
};

struct LedgerVerifyRequest {
    record::Store store;
    bool fix = false;      // rewrite files that hold both sides of a merge
};

struct LedgerVerifyResponse {
    std::size_t entries = 0;
    std::size_t packs = 0;
    std::vector<LedgerFinding> findings;     // by path, then code
    std::size_t open() const;                // that were not fixed
};

// Reads every file anew. What can't be read is a finding; nothing but what `fix` says is written.
core::Result<LedgerVerifyResponse> ledger_verify(const LedgerVerifyRequest& request);
core::Json to_json(const LedgerVerifyResponse& response);

// git's merge driver: writes what stands of both into `ours`. Errc::corrupt: they are no entries of one id; git makes a text with conflict markers then.
core::Status merge_ledger_files(const std::string& ours, const std::string& theirs);

}  // namespace runlake::ops
