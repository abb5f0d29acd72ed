// SPDX-License-Identifier: Apache-2.0
#include "ops/lake_tables.hpp"

#include "lake/registry_tables.hpp"

namespace runlake::ops {

std::string lake_tables_page() { return lake::tables_page(); }

}  // namespace runlake::ops
