// SPDX-License-Identifier: Apache-2.0
#include "ops/lake_reading.hpp"

#include "lake/database.hpp"
#include "ops/lake_paths.hpp"

namespace runlake::ops {

core::Result<sql::Connection> open_lake_of(const record::Store& store) {
    RL_ASSIGN(const auto roots, lake_roots(store));
    RL_ASSIGN(auto connection, lake::open_lake(roots.database));
    // What a question answers does not depend on where it is asked.
    RL_TRY(connection.run("SET TimeZone = 'UTC'"));
    return connection;
}

}  // namespace runlake::ops
