// SPDX-License-Identifier: Apache-2.0
// A database in memory with the tables of runs, and short words to fill them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/text.hpp"
#include "runs/query_list.hpp"
#include "runs/run_rows.hpp"
#include "runs/schema.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

inline core::RunId id_of(std::string_view text) {
    auto id = core::RunId::parse(text);
    EXPECT_TRUE(id.ok()) << text;
    return id.value();
}

// The id whose first eight digits are given: "a0eebc99" or less, filled with zeros.
inline core::RunId brief_id(std::string_view digits) {
    std::string text(digits);
    text.resize(8, '0');
    return id_of(text + "-0000-4000-8000-000000000000");
}

class QueryTest : public testing::Test {
  protected:
    void SetUp() override {
        auto database = sql::Database::open("", sql::Access::in_memory);
        ASSERT_TRUE(database.ok()) << database.error().message();
        auto connected = database.value().connect();
        ASSERT_TRUE(connected.ok());
        connection.emplace(std::move(connected).take());
        const auto made = create_schema(*connection, Indexes::now);
        ASSERT_TRUE(made.ok()) << made.error().message();
    }

    void sql(const std::string& text) {
        const auto done = connection->run(text);
        ASSERT_TRUE(done.ok()) << text << ": " << done.error().message();
    }

    // A run that started `second` seconds after noon. The segment and offset of its start are those of the call's order.
    core::RunId add(std::string_view digits, int second, std::string_view stage = "fit", std::string_view status = "completed",
                    std::string_view tenant = "") {
        const core::RunId id = brief_id(digits);
        sql(core::cat("INSERT INTO runs (run_id, stage, status, tenant_id, started_at) VALUES ('", id.str(), "', '", stage, "', '", status, "', nullif('", tenant,
                      "', ''), TIMESTAMP '2025-01-09 12:00:00' + INTERVAL ", second, " SECOND)"));
        sql(core::cat("INSERT INTO run_details (run_id, started_segment, started_offset, id_prefix) VALUES ('", id.str(), "', 's', ", added_++, ", ",
                      id_prefix(id), ")"));
        return id;
    }
    void param(const core::RunId& id, std::string_view name, std::string_view json, std::string_view number = "NULL") {
        sql(core::cat("INSERT INTO run_params VALUES ('", id.str(), "', '", name, "', '", json, "', ", number, ", ", started(id), ")"));
    }
    void tag(const core::RunId& id, std::string_view name, std::string_view value) {
        sql(core::cat("INSERT INTO run_tags VALUES ('", id.str(), "', '", name, "', '", value, "', ", started(id), ")"));
    }
    void metric(const core::RunId& id, std::string_view name, std::string_view value, int at, int n = 0) {
        sql(core::cat("INSERT INTO run_metrics VALUES ('", id.str(), "', '", name, "', NULL, ", value, ", TIMESTAMP '2025-01-09 12:00:00' + INTERVAL ", at,
                      " SECOND, ", n, ", ", started(id), ")"));
    }

    static std::string started(const core::RunId& id) { return core::cat("(SELECT started_at FROM runs WHERE run_id = '", id.str(), "')"); }

    // First digits of the runs that a filter finds, newest first.
    std::string found(const Filter& filter, const std::optional<SortKey>& sort = std::nullopt, std::optional<std::int64_t> limit = std::nullopt) {
        auto table = list_runs(*connection, {.filter = filter, .columns = table_columns(), .sort = sort, .limit = limit});
        if (!table.ok()) { return table.error().message(); }
        return digits(table.value());
    }
    static std::string digits(const RunTable& table) {
        std::string text;
        for (const core::RunId& id : table.ids) {
            std::string brief = id.brief();
            brief.erase(brief.find_last_not_of('0') + 1);
            text += (text.empty() ? "" : " ") + brief;
        }
        return text;
    }
    static Condition condition(ConditionOn on, std::string_view text) {
        auto parsed = parse_condition(on, text);
        EXPECT_TRUE(parsed.ok()) << text;
        return parsed.ok() ? parsed.value() : Condition{};
    }

    std::optional<sql::Connection> connection;

  private:
    int added_ = 0;
};

}  // namespace runlake::runs
