// SPDX-License-Identifier: Apache-2.0
// A project's ledger, whole and parsed: kept in git, written by any machine. For very many entries see view.hpp.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "ledger/entry.hpp"
#include "ledger/run_entry.hpp"
#include "record/store.hpp"

namespace runlake::ledger {

// The folders that hold entries: <root>/.aexp/ledger of a repository that aexp set up, then <store>/ledger. They need not exist.
std::vector<std::string> folders(const record::Store& store);

struct LeftOut {
    std::string path;
    core::Error why;   // Errc::unsupported: of a later schema. Errc::corrupt: damaged. Errc::io: it can't be read
};

struct Ledger {
    std::vector<JobEntry> jobs;       // by id, one an id
    std::vector<RunEntry> runs;       // by id, one an id
    std::vector<LeftOut> left_out;    // by path
};

// Every entry that can be read, from files and packs; the others are left out and said. A missing folder holds none. Files whose names do not end in .json, or begin with a
// dot, are nobody's business. Of several entries of one id one stands, by the rule of merge_texts() (conflict.hpp).
Ledger read_ledger(const record::Store& store);

}  // namespace runlake::ledger
