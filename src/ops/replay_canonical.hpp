// SPDX-License-Identifier: Apache-2.0
// Where canonical values stand: recorded runs, the ledger, the lake, run directories, JSON files, PostgreSQL, the spec itself.
#pragma once

#include <string>

#include "core/result.hpp"
#include "record/store.hpp"
#include "replay/canonical.hpp"
#include "replay/parity.hpp"
#include "replay/spec.hpp"
#include "runs/merge.hpp"

namespace runlake::ops {

// What the journal says of where and with what a run was made, as dimensions: its code, its inputs, its environment's document when it is in the store, and its tags
// "provenance.<dimension>".
replay::Provenance provenance_of_run(const record::Store& store, const runs::RunParts& run);

// The canonical of a cell by its source. Errc::not_found: it is not there (or there is no source); conflict: several are; other errors say why it can't be read.
core::Result<replay::Canonical> find_canonical(const record::Store& store, const replay::Cell& cell, const replay::ParityPolicy& policy);

// A recorded run as its own canonical: by a whole run id or the beginning of one, from the journal here, else from the ledger; jobs by their id from the ledger.
// `metric` "": the only one it has; "stdout_digest": of its captured stdout, when that is whole.
core::Result<replay::Canonical> canonical_of_run(const record::Store& store, const std::string& id, const std::string& metric);

}  // namespace runlake::ops
