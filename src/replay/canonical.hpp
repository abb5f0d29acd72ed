// SPDX-License-Identifier: Apache-2.0
// The canonical value of a cell, with its provenance, and where it may come from.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "replay/provenance.hpp"

namespace runlake::replay {

struct Canonical {
    double value = 0;                             // may be NaN or infinite: then it counts as absent, with a detail
    std::string text;                             // as stored
    std::optional<int> decimals;                  // with how many decimals it is stored, when it is known to be rounded
    std::string run_id;                           // the identity of the row, file or run
    std::string source;                           // "ledger", "postgresql", ... and where, without secrets, for people
    Provenance provenance;
    std::optional<core::Timestamp> made_at;       // when its run began, by this machine's clock
    std::vector<std::pair<std::string, std::string>> artifacts;   // path -> digest, when the record has them
};

enum class CanonicalKind : std::uint8_t { none, run, ledger, lake, run_directory, json, postgresql, value };

// Where the spec says the canonical stands. Texts have had their dimensions put in.
struct CanonicalSource {
    CanonicalKind kind = CanonicalKind::none;
    std::string id;                               // run: of a run or job; ledger: the same; "" in a spec for `--run`
    std::string metric;                           // its name there; "" is the cell's metric
    std::string file;                             // json: the file; run_directory: the folder; lake: the database ("" is the project's)
    std::string stage;                            // run_directory
    std::string pointer;                          // json: JSON pointer to the object or number
    std::string query;                            // postgresql: with $1, $2, ...; lake: SQL with the same
    std::vector<std::string> arguments;           // of the query
    std::string connection;                       // postgresql: "service=..." or a URL; a password belongs into PGPASSFILE, never here
    std::map<std::string, std::string> columns;   // dimension -> column or member; unmapped dimensions are looked up by their own name
    std::optional<int> decimals;
    std::optional<double> value;                  // value: given in the spec itself
    Provenance provenance;                        // dimensions that the spec states of the canonical
    bool operator==(const CanonicalSource&) const = default;
};

}  // namespace runlake::replay
