// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/lake/small_lake.hpp"

#include <gtest/gtest.h>

#include "core/text.hpp"
#include "lake/registry_tables.hpp"
#include "lake/writer.hpp"

namespace runlake::lake::testing {
namespace {

template <class T>
T taken(core::Result<T> result) {
    if (!result.ok()) {
        ADD_FAILURE() << result.error().message();
        std::abort();
    }
    return std::move(result).take();
}

void append(sql::Connection& connection, FileRows rows) {
    LakeWriter writer(connection);
    taken(writer.begin());
    taken(writer.append(std::move(rows)));
    taken(writer.commit());
}

}  // namespace

std::vector<std::string> SmallLake::rows(const std::string& select) {
    auto probe = taken(connection.query("SELECT * FROM (" + select + ") LIMIT 0"));
    std::string columns;
    for (std::size_t c = 0; c < probe.column_count(); ++c) { columns += (c > 0 ? ", " : "") + sql::quote_identifier(probe.column_name(c)) + "::VARCHAR"; }
    auto rows = taken(connection.query("SELECT " + columns + " FROM (" + select + ")"));
    std::vector<std::string> out;
    while (taken(rows.next())) {
        std::string line;
        for (std::size_t c = 0; c < rows.column_count(); ++c) { line += (c > 0 ? "|" : "") + rows.text_if(c).value_or("-"); }
        out.push_back(line);
    }
    return out;
}

std::string SmallLake::one(const std::string& select) {
    const auto all = rows(select);
    EXPECT_EQ(all.size(), 1U) << select;
    return all.empty() ? "" : all.front();
}

SmallLake fill_lake(const std::vector<std::string>& roots, const std::vector<std::string>& beside) {
    auto database = taken(sql::Database::open("", sql::Access::in_memory, {{"threads", "1"}}));
    SmallLake lake{taken(database.connect()), taken(discover_units({roots, {}, beside})), {}};
    for (const auto* table : all_tables()) { taken(lake.connection.run(create_table_sql(*table))); }
    taken(lake.connection.run(all_runs_sql()));
    for (const auto& unit : lake.units.units) {
        const Source& source = *unit.source;
        taken(lake.connection.run("INSERT INTO lake_units (unit_key, source, root_id, rel_dir, dir) VALUES (" + sql::quote_literal(unit.key) + ", " + sql::quote_literal(source.name) + ", " +
                                  sql::quote_literal(unit.root_id) + ", " + sql::quote_literal(unit.rel_dir) + ", " + sql::quote_literal(unit.dir) + ")"));
        const auto files = taken(source.list(unit));
        for (const auto& one : files.unreadable) { lake.problems.push_back({std::string(source.name), {one.rel_path, one.why, {}, false}}); }
        if (source.read != nullptr) {
            std::vector<FileProblem> problems;
            const auto sink = [&](FileRows&& rows) -> core::Status {
                append(lake.connection, rows);
                return core::ok();
            };
            const auto status = source.read(unit, files, sink, problems);
            if (!status.ok()) { problems.push_back({"", status.error().message(), {}, false}); }
            for (auto& problem : problems) { lake.problems.emplace_back(source.name, std::move(problem)); }
            continue;
        }
        for (const auto* extractor : source.extractors) {
            for (const auto& offer : files.offers) {
                if (!extractor->takes(offer.file())) { continue; }
                auto extracted = extract_offer(*extractor, offer);
                append(lake.connection, extracted.rows);
                for (auto& problem : extracted.problems) { lake.problems.emplace_back(source.name, std::move(problem)); }
            }
        }
    }
    return lake;
}

}  // namespace runlake::lake::testing
