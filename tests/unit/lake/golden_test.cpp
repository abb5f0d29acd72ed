// SPDX-License-Identifier: Apache-2.0
// Every row that the generated logs give, and what postprocess adds to a small run, as looked at once and kept in tests/golden/lake. RUNLAKE_ACCEPT=1 writes it anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "lake/postprocess/postprocess.hpp"
#include "lake/reconcile.hpp"
#include "lake/registry_tables.hpp"
#include "sql/database.hpp"
#include "tests/support/python.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::lake {
namespace {

// Digests and sizes of packed files differ between versions of zlib, the rest of the row does not.
const std::set<std::string_view> k_left_out = {"sha256", "source_sha256", "run_uid", "search_uid", "bytes", "stamps_digest"};
constexpr std::size_t k_longest = 60;  // of a value; of longer ones the beginning and a digest are kept

std::string shown(std::string_view value) {
    std::string out;
    for (const char c : value.size() <= k_longest ? value : value.substr(0, k_longest / 2)) { out += c == '\n' || c == '\t' ? ' ' : c; }
    return value.size() <= k_longest ? out : core::cat(out, "…", core::sha256(value).hex().substr(0, 8));
}

using Wanted = bool (*)(std::string_view table);
std::string tables_text(const std::string& path, Wanted wanted) {
    auto database = sql::Database::open(path, sql::Access::read_only);
    EXPECT_TRUE(database.ok());
    auto connection = database.value().connect();
    std::string text;
    for (const auto* table : all_tables()) {
        if (!wanted(table->name)) { continue; }
        std::string columns;
        std::string names;
        for (const auto& column : table->columns) {
            if (column.use == ColumnUse::changing || column.use == ColumnUse::place || k_left_out.contains(column.name)) { continue; }
            columns += core::cat(columns.empty() ? "" : ", ", sql::quote_identifier(column.name), "::VARCHAR");
            names += core::cat(names.empty() ? "" : "\t", column.name);
        }
        if (columns.empty()) { continue; }
        auto rows = connection.value().query(core::cat("SELECT ", columns, " FROM ", sql::quote_identifier(table->name)));
        EXPECT_TRUE(rows.ok()) << table->name;
        std::multiset<std::string> lines;
        while (rows.value().next().value_or(false)) {
            std::string line;
            for (std::size_t i = 0; i < rows.value().column_count(); ++i) { line += core::cat(i > 0 ? "\t" : "", rows.value().is_null(i) ? "-" : shown(rows.value().text(i))); }
            lines.insert(std::move(line));
        }
        if (lines.empty()) { continue; }
        text += core::cat("== ", table->name, " (", lines.size(), ")\n", names, "\n");
        for (const auto& line : lines) { text += line + "\n"; }
    }
    return text;
}

void expect_golden(const std::string& logs, const std::string& database, const std::string& name, Wanted wanted) {
    ReconcileRequest request;
    request.database = database;
    request.roots = {logs};
    ASSERT_TRUE(reconcile(request).ok());
    const std::string found = tables_text(request.database, wanted);
    const std::string golden = RUNLAKE_SOURCE_DIR "/tests/golden/lake/" + name;
    if (std::getenv("RUNLAKE_ACCEPT") != nullptr) {
        std::ofstream(golden) << found;
        GTEST_SKIP() << "written anew";
    }
    std::stringstream kept;
    kept << std::ifstream(golden).rdbuf();
    std::istringstream left(kept.str());
    std::istringstream right(found);
    std::string expected;
    std::string got;
    for (int number = 1;; ++number) {
        const bool more = static_cast<bool>(std::getline(left, expected));
        const bool more_found = static_cast<bool>(std::getline(right, got));
        if (!more && !more_found) { break; }
        ASSERT_EQ(expected, got) << "line " << number;
    }
}

TEST(GoldenLake, GeneratedLogsGiveTheRowsThatWereKept) {
    const auto python = testing::find_python();
    if (python.empty()) { GTEST_SKIP() << "no python3"; }
    const testing::TempDir folder;
    const std::string made = python + " -I '" RUNLAKE_SOURCE_DIR "/tests/support/make_proof_logs.py' '" + (folder / "logs") + "' --runs 6 --theorems 1 --nodes 3 --trace-lines 3 > /dev/null";
    ASSERT_EQ(std::system(made.c_str()), 0);
    expect_golden(folder / "logs", folder / "lake.duckdb", "proof_logs.txt", [](std::string_view) { return true; });
}

// A solved run whose goals have trees, one of many seeds beside it: what postprocess writes of them, and what the seeds come to.
TEST(GoldenLake, WhatPostprocessWritesGivesTheRowsThatWereKept) {
    const auto python = testing::find_python();
    if (python.empty()) { GTEST_SKIP() << "no python3"; }
    const testing::TempDir folder;
    const std::string made = python + " -I -B '" RUNLAKE_SOURCE_DIR "/tests/support/make_solved_logs.py' '" + (folder / "logs") + "'";
    ASSERT_EQ(std::system(made.c_str()), 0);
    PostprocessRequest request;
    request.logs_dir = folder / "logs";
    request.now = "2026-01-02T03:04:05+00:00";
    ASSERT_TRUE(postprocess(request).ok());
    expect_golden(folder / "logs", folder / "lake.duckdb", "postprocessed.txt", [](std::string_view table) {
        return table == "theorem_search_metrics" || table == "run_similarity" || table == "theorem_neighbours" || table == "theorem_clusters" || table == "basin_statistics" || table == "extract_errors";
    });
}

}  // namespace
}  // namespace runlake::lake
