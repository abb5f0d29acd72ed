// SPDX-License-Identifier: Apache-2.0
// `ledger show`: one entry with what stands beside it, or what the ledger holds altogether.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ledger/view.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct LedgerEntryShown {
    std::string id;
    std::string path;              // of the file or pack that it stands in
    bool packed = false;
    bool conflicted = false;
    core::Json entry;
    std::optional<core::Json> extra;
};
// A job or run by its id or the beginning of it. Errc::usage: no such form. Errc::not_found. Errc::conflict: several begin so (the message lists them).
core::Result<LedgerEntryShown> ledger_show(const record::Store& store, const std::string& id);
core::Json to_json(const LedgerEntryShown& shown);

struct LedgerSummary {
    std::size_t jobs = 0;
    std::size_t runs = 0;
    std::size_t packed = 0;        // of both
    std::size_t conflicted = 0;
    std::map<std::string, std::size_t> machines;
    std::vector<ledger::LeftOut> left_out;
    std::vector<std::string> folders;   // that exist
};
core::Result<LedgerSummary> ledger_summary(const record::Store& store);
core::Json to_json(const LedgerSummary& summary);

}  // namespace runlake::ops
