// SPDX-License-Identifier: Apache-2.0
// The rows of a lake as text, to compare two lakes by: what follows from the files alone, and nothing of when it was read.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "lake/registry_tables.hpp"
#include "sql/database.hpp"

namespace runlake::testing {

enum class Compared : std::uint8_t {
    here,        // all but columns that change with every reading
    everywhere,  // also without what depends on the place of the files
};

// Sorted rows by table; empty tables are left out.
inline std::map<std::string, std::vector<std::string>> lake_rows(const std::string& database, Compared compared = Compared::here) {
    std::map<std::string, std::vector<std::string>> tables;
    auto opened = sql::Database::open(database, sql::Access::read_only);
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message());
    if (!opened.ok()) { return tables; }
    auto connection = opened.value().connect();
    for (const auto* table : lake::all_tables()) {
        std::string columns;
        for (const auto& column : table->columns) {
            if (column.use == lake::ColumnUse::changing || (compared == Compared::everywhere && column.use == lake::ColumnUse::place)) { continue; }
            columns += core::cat(columns.empty() ? "" : " || '|' || ", "coalesce(", sql::quote_identifier(column.name), "::VARCHAR, '-')");
        }
        if (columns.empty()) { continue; }
        auto rows = connection.value().query(core::cat("SELECT ", columns, " FROM ", sql::quote_identifier(table->name)));
        EXPECT_TRUE(rows.ok()) << table->name << (rows.ok() ? "" : rows.error().message());
        if (!rows.ok()) { continue; }
        auto& lines = tables[std::string(table->name)];
        while (rows.value().next().value_or(false)) { lines.emplace_back(rows.value().text(0)); }
        std::sort(lines.begin(), lines.end());
        if (lines.empty()) { tables.erase(std::string(table->name)); }
    }
    return tables;
}

// The first difference, "" where there is none.
inline std::string lake_difference(const std::map<std::string, std::vector<std::string>>& a, const std::map<std::string, std::vector<std::string>>& b) {
    for (const auto* table : lake::all_tables()) {
        const std::string name(table->name);
        const auto& left = a.contains(name) ? a.at(name) : std::vector<std::string>();
        const auto& right = b.contains(name) ? b.at(name) : std::vector<std::string>();
        if (left == right) { continue; }
        std::vector<std::string> only;
        std::set_symmetric_difference(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(only));
        return core::cat(name, ": ", left.size(), " rows and ", right.size(), only.empty() ? "" : core::cat(", first that is in one only: ", only.front()));
    }
    return {};
}

}  // namespace runlake::testing
