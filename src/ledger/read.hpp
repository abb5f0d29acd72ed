// SPDX-License-Identifier: Apache-2.0
// Reading a project's ledger: one file an entry, kept in git, written by any machine.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "ledger/entry.hpp"
#include "record/store.hpp"

namespace runlake::ledger {

// The folders that hold entries, the one that is written to first: <root>/.aexp/ledger of a repository that aexp set up, then <store>/ledger. They need not exist.
std::vector<std::string> folders(const record::Store& store);

struct LeftOut {
    std::string path;
    core::Error why;   // Errc::unsupported: of a later schema. Errc::corrupt: damaged. Errc::io: it can't be read
};

struct Ledger {
    std::vector<JobEntry> jobs;       // by id, one an id
    std::vector<LeftOut> left_out;    // by folder, then name
};

// Every entry that can be read; the others are left out and said. A missing folder holds none. Files whose names do not end in .json, or begin with a dot, are
// nobody's business. Of two entries of one job the preferred() one stands.
Ledger read_ledger(const record::Store& store);

// Of two entries of one job the one that counts: a complete one before others, then the one that ended first, then that was promoted first, then by machine. `a` if
// they are alike in all that.
const JobEntry& preferred(const JobEntry& a, const JobEntry& b);

}  // namespace runlake::ledger
