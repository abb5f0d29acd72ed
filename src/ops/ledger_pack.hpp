// SPDX-License-Identifier: Apache-2.0
// `ledger pack`: this machine's committed entries, out of their files and into few immutable ones.
#pragma once

#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct LedgerPackResponse {
    std::size_t packed = 0;                  // entries
    std::vector<std::string> packs;          // files that were written
    std::uint64_t bytes = 0;                 // of these
    std::size_t removed = 0;                 // files of entries and of what stood beside them
    // Entries that stay as they are:
    std::size_t other_machines = 0;
    std::size_t uncommitted = 0;             // not in HEAD's commit, or changed since, they or what stands beside them
    std::size_t other = 0;                   // can't be read, in conflict, or of another form than they are written in
    bool aexp = false;                       // job entries are in .aexp/, where nothing is packed
};

// Files are removed only after the packs that hold them are on disk. Errc::not_found: no git repository, so nothing is committed.
core::Result<LedgerPackResponse> ledger_pack(const record::Store& store);
core::Json to_json(const LedgerPackResponse& response);

}  // namespace runlake::ops
