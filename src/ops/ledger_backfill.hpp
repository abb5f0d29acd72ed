// SPDX-License-Identifier: Apache-2.0
// `ledger backfill`: promotes every job that has ended here and has no entry yet.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct LedgerBackfillRequest {
    record::Store store;
    bool overwrite = false;                       // also those that have an entry
    std::optional<std::string> machine_label;
};

struct NotPromoted {
    std::string id;
    core::Error why;
};

struct LedgerBackfillResponse {
    std::size_t promoted = 0;
    std::size_t unchanged = 0;                    // of these: said the same already
    std::size_t skipped = 0;                      // have an entry
    std::size_t kept_other = 0;                   // another machine's entry stands before theirs
    std::size_t unfinished = 0;                   // have not ended
    std::vector<NotPromoted> failed;              // by id
};

// No run store: nothing is promoted. One job that fails keeps no other from being promoted.
core::Result<LedgerBackfillResponse> ledger_backfill(const LedgerBackfillRequest& request);
core::Json to_json(const LedgerBackfillResponse& response);

}  // namespace runlake::ops
