// SPDX-License-Identifier: Apache-2.0
// Where everything of a project's ledger stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/installed.hpp"
#include "record/store.hpp"

namespace runlake::ledger {

inline constexpr std::string_view k_entry_ending = ".json";
inline constexpr std::uint64_t k_most_entry_bytes = 16U << 20U;

inline std::string aexp_folder(const record::Store& store) { return store.root + "/.aexp/ledger"; }   // job entries alone
inline std::string own_folder(const record::Store& store) { return store.dir + "/ledger"; }
inline std::string packs_folder(const record::Store& store) { return store.dir + "/ledger/packs"; }
inline std::string extra_folder(const record::Store& store) { return store.dir + "/ledger-extra"; }

// The folders that hold entries; they need not exist.
inline std::vector<std::string> folders(const record::Store& store) {
    std::vector<std::string> found;
    if (!store.root.empty()) { found.push_back(aexp_folder(store)); }
    found.push_back(own_folder(store));
    return found;
}

// Where job entries are written: .aexp/ledger where aexp set the repository up.
inline std::string job_folder(const record::Store& store) { return record::is_aexp_repository(store) ? aexp_folder(store) : own_folder(store); }

}  // namespace runlake::ledger
