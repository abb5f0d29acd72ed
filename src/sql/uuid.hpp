// SPDX-License-Identifier: Apache-2.0
// Run ids as DuckDB stores a UUID: a 128-bit integer with its sign bit turned, so that integers sort as the texts do.
#pragma once

#include <duckdb.h>

#include <cstddef>
#include <cstdint>

#include "core/ids.hpp"

namespace runlake::sql {

inline constexpr std::uint64_t k_uuid_sign = 1ULL << 63U;

inline duckdb_uhugeint plain_integer(const core::RunId& id) {
    duckdb_uhugeint value{0, 0};
    for (std::size_t i = 0; i < 8; ++i) {
        value.upper = value.upper << 8U | id.bytes()[i];
        value.lower = value.lower << 8U | id.bytes()[i + 8];
    }
    return value;
}

inline duckdb_hugeint stored_integer(const core::RunId& id) {
    const duckdb_uhugeint plain = plain_integer(id);
    return {plain.lower, static_cast<std::int64_t>(plain.upper ^ k_uuid_sign)};
}

core::RunId run_id_of(const duckdb_hugeint& stored);

}  // namespace runlake::sql
