// SPDX-License-Identifier: Apache-2.0
#include "ops/lake_sql.hpp"

#include <utility>

#include "ops/lake_reading.hpp"

namespace runlake::ops {

core::Status lake_sql(const LakeSqlRequest& request) {
    RL_ASSIGN(auto connection, open_lake_of(request.store));
    RL_ASSIGN(auto console, runs::Console::over(std::move(connection)));
    return ask(console, request.question);
}

}  // namespace runlake::ops
