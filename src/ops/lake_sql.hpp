// SPDX-License-Identifier: Apache-2.0
// `lake sql`: a statement of the user over the tables of the lake, which it can read and not change.
#pragma once

#include "ops/sql_console.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct LakeSqlRequest {
    record::Store store;
    SqlQuestion question;
};

core::Status lake_sql(const LakeSqlRequest& request);

}  // namespace runlake::ops
