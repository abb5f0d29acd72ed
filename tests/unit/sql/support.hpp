// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder share: temporary folders, the unwrapping of results, and a table of every type.
#pragma once

#include <gtest/gtest.h>
#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "sql/database.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::sql::test {

using runlake::testing::TempDir;

// The value, or a failed test that shows the error and an abort.
template <class T>
T must(core::Result<T> result) {
    if (!result.ok()) { ADD_FAILURE() << result.error().message(); }
    return std::move(result).take();
}

// What EveryTypeAndNull of the appender and of the inserter leave in t: a row of values, one of NULLs, one with an empty text alone.
inline void expect_every_type(Connection& connection, const core::RunId& id, const std::string& long_text) {
    auto rows = must(connection.query("SELECT * FROM t"));
    ASSERT_TRUE(must(rows.next()));
    EXPECT_TRUE(rows.boolean(0));
    EXPECT_EQ(rows.integer(1), -7);
    EXPECT_EQ(rows.integer(2), std::int64_t{1} << 60);
    EXPECT_EQ(rows.number(3), 2.5);
    EXPECT_EQ(rows.text(4), long_text);
    EXPECT_EQ(rows.text(5), std::string_view("\x00\xFF", 2));
    EXPECT_EQ(rows.time(6).micros, 1736432595000042);
    EXPECT_EQ(rows.run_id(7), id);
    ASSERT_TRUE(must(rows.next()));
    for (std::size_t i = 0; i < 8; ++i) { EXPECT_TRUE(rows.is_null(i)) << i; }
    ASSERT_TRUE(must(rows.next()));
    EXPECT_EQ(rows.text(4), "");
    EXPECT_TRUE(rows.is_null(0));
    EXPECT_FALSE(must(rows.next()));
}

}  // namespace runlake::sql::test
