// SPDX-License-Identifier: Apache-2.0
// The counts behind Prometheus' page, from all runs of a store.
#pragma once

#include <string>

#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::ops {

// The text of /metrics now. Opens and closes the database: nobody is kept waiting between two calls.
core::Result<std::string> metrics_page(const record::Store& store);

}  // namespace runlake::ops
