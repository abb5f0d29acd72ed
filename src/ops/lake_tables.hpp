// SPDX-License-Identifier: Apache-2.0
// `lake tables`: the tables of the lake, what their rows are, and how many there are; and the page that is made from their declarations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::ops {

std::string lake_tables_page();  // docs/reference/lake-tables.md

struct LakeColumn {
    std::string name;
    std::string type;
    bool is_key = false;
    std::string use;    // "fact", "place", "changing", "source"; "" of a table that is not declared
    std::string help;
};
struct LakeTable {
    std::string name;
    std::string from;                   // "registry", a source ("proof-search"), "view", "surface"
    std::string help;
    std::optional<std::int64_t> rows;   // nothing without a lake
    std::vector<LakeColumn> columns;
};

struct LakeTablesRequest {
    record::Store store;
    std::optional<std::string> table;   // this one alone
};
struct LakeTablesResponse {
    std::vector<LakeTable> tables;      // the registry's, those of sources in their order, then what else is in the lake
    std::vector<std::string> notes;     // why there are no counts
};
// Errc::not_found: no table of that name (the nearest is named). Without a lake the declarations are told.
core::Result<LakeTablesResponse> lake_tables(const LakeTablesRequest& request);
core::Json to_json(const LakeTablesResponse& response);

}  // namespace runlake::ops
