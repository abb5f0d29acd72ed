// SPDX-License-Identifier: Apache-2.0
// A canonical from a row of named texts: the one form that JSON files, PostgreSQL and the lake are brought into.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"
#include "replay/canonical.hpp"
#include "replay/parity.hpp"

namespace runlake::replay {

// Column -> text as stored; nothing for NULL.
using Row = std::map<std::string, std::optional<std::string>, std::less<>>;

// The value stands in the column that source.columns maps "value" to, else in the metric's own name, else in "value"; run_id the same. Every dimension of the policy, its
// fallback, and every one that is mapped is taken where its column is there and not NULL; what the source states itself comes last.
// Errc::not_found: no value. Errc::corrupt: it is no number. A number that is not finite is given as it is.
core::Result<Canonical> canonical_of_row(const Row& row, const CanonicalSource& source, std::string_view metric, const ParityPolicy& policy);

// An object's members as a row; members of "provenance" are columns, too. A number by itself is the row of one "value".
core::Result<Row> row_of_json(const core::Json& json);

// From the text of a JSON file, by source.pointer.
core::Result<Canonical> canonical_of_json(std::string_view text, const CanonicalSource& source, std::string_view metric, const ParityPolicy& policy);

// How many decimals a number is stored with, when so few digits stand there that it may have been rounded: fewer than 15 significant ones and at least 3 decimals.
std::optional<int> stored_decimals(std::string_view text);

}  // namespace runlake::replay
