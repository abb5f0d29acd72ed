// SPDX-License-Identifier: Apache-2.0
// The lake of a project, opened to ask: what `lake sql`, `lake tables` and `lake show` begin with.
#pragma once

#include "core/result.hpp"
#include "record/store.hpp"
#include "lake/database.hpp"

namespace runlake::ops {

// As lake::open_lake() of the database that `lake paths` shows.
core::Result<sql::Connection> open_lake_of(const record::Store& store);

}  // namespace runlake::ops
