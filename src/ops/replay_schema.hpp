// SPDX-License-Identifier: Apache-2.0
// `replay schema`: the columns that canonical values need in PostgreSQL, and the provenance of recorded runs written into them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::ops {

// The migration, as replay::provenance_migration().
core::Result<std::string> replay_schema(const std::string& table);

struct ReplayWriteProvenanceRequest {
    record::Store store;
    std::string connection;
    std::vector<std::string> runs;     // whole ids or their beginnings
};
// Writes what is known of each run into runlake_provenance, all or none. How many. Errc::not_found: no such run, or no such table.
core::Result<std::size_t> replay_write_provenance(const ReplayWriteProvenanceRequest& request);

}  // namespace runlake::ops
