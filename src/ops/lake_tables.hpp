// SPDX-License-Identifier: Apache-2.0
// The page of the lake's tables, made from their declarations.
#pragma once

#include <string>

namespace runlake::ops {

std::string lake_tables_page();  // docs/reference/lake-tables.md

}  // namespace runlake::ops
