// SPDX-License-Identifier: Apache-2.0
#include "ops/replay_schema.hpp"

#include "ops/replay_canonical.hpp"
#include "ops/run_parts.hpp"
#include "replay/postgres.hpp"

namespace runlake::ops {

core::Result<std::string> replay_schema(const std::string& table) { return replay::provenance_migration(table); }

core::Result<std::size_t> replay_write_provenance(const ReplayWriteProvenanceRequest& request) {
    std::vector<replay::ProvenanceRow> rows;
    for (const std::string& id : request.runs) {
        RL_ASSIGN(const JournalRun run, read_run_parts(request.store, id, std::nullopt));
        rows.push_back({.run_id = run.id.str(), .provenance = provenance_of_run(request.store, run.parts)});
    }
    auto written = replay::write_provenance(request.connection, rows);
    if (!written.ok() && written.error().code() == core::Errc::not_found) {
        return core::Error(core::Errc::not_found, written.error().message() + "; make the table first: runlake replay schema | psql");
    }
    return written;
}

}  // namespace runlake::ops
