// SPDX-License-Identifier: Apache-2.0
// PostgreSQL as a place of canonical values: one row by a query with parameters, read in a read-only transaction; and the provenance of runs written into a table.
// libpq is loaded at the first call.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "replay/canonical_source.hpp"

namespace runlake::replay {

// All rows of the query, at most two: one is wanted, and more is the caller's mistake to tell. Parameters are sent apart from the text, as texts.
// Errc::io: no connection, no answer within the limits (10 s to connect, 60 s to answer). Errc::usage: the server refuses the query, or its transaction (it would write).
// Errc::unsupported: no libpq. Messages hold no password.
core::Result<std::vector<Row>> query_postgres(const std::string& connection, const std::string& query, const std::vector<std::string>& arguments);

// The columns of provenance, in the order of the migration; each is text.
const std::vector<std::string>& provenance_columns();
// SQL that adds them: to `table` when it is named ("finetune_results", "schema.table"; Errc::usage for other names), else a table runlake_provenance beside yours.
// Can be run again: it changes nothing then.
core::Result<std::string> provenance_migration(const std::string& table);

struct ProvenanceRow {
    std::string run_id;
    Provenance provenance;
};
// Writes rows into runlake_provenance in one transaction; a run that is there already is replaced. How many were written. Errors as above; Errc::not_found: the table is not there
// (run the migration first).
core::Result<std::size_t> write_provenance(const std::string& connection, const std::vector<ProvenanceRow>& rows);

}  // namespace runlake::replay
