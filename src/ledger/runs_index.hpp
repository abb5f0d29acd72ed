// SPDX-License-Identifier: Apache-2.0
// runs-index/<label>.json, schema 1 (docs/formats/runs-index.md): the list of a machine's finished jobs from before there was a ledger. Deprecated.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "ledger/entry.hpp"
#include "record/store.hpp"

namespace runlake::ledger {

struct IndexEntry {
    JobId id;
    std::string status;
    std::optional<std::string> experiment_id;
    std::optional<std::string> condition;
    std::optional<std::string> registered_at;
    std::string machine;                           // the label of the file it stands in
};

// Every entry of .aexp/runs-index/*.json and <store>/runs-index/*.json, by id, one an id: of several the one of the last file, by name. Files and entries that can't be
// understood are passed over. Whoever asks for jobs elsewhere takes only those that the ledger does not have.
std::vector<IndexEntry> read_runs_index(const record::Store& store);

// The file that is written for this repository: .aexp/runs-index/<label>.json where aexp set it up, else <store>/runs-index/<label>.json.
std::string runs_index_file(const record::Store& store, std::string_view label);
std::string runs_index_text(std::string_view label, core::Timestamp exported_at, std::vector<IndexEntry> entries);

}  // namespace runlake::ledger
