// SPDX-License-Identifier: Apache-2.0
// Surfaces: tables over files, kept up to date file by file; what a surface may not do; what is wrong costs a file or a surface.
#include <cstdlib>

#include "lake/identity.hpp"
#include "lake/registry_tables.hpp"
#include "lake/surface_file.hpp"
#include "lake/surfaces.hpp"
#include "tests/unit/lake/source_files.hpp"

namespace runlake::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Surfaces : public testing::SourceFiles {
  protected:
    Surfaces() : lake_(testing::fill_lake({})) {}
    SurfacesReport again(bool full = false) { return of_roots({"logs"}, full); }
    // As reconciling does, which registers roots first.
    SurfacesReport of_roots(const std::vector<std::string>& names, bool full = false) {
        std::vector<LogRoot> roots;
        for (const auto& name : names) {
            roots.push_back({at(name), root_id(at(name))});
            const std::string id = sql::quote_literal(roots.back().id);
            lake_.connection.run("DELETE FROM log_roots WHERE root_id = " + id + "; INSERT INTO log_roots (root_id, root_path) VALUES (" + id + ", " + sql::quote_literal(at(name)) + ")").value_or({});
        }
        auto report = reconcile_surfaces(lake_.connection, {at("lake/surfaces"), roots, folder_.path(), {0}, full});
        EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().message());
        return report.ok() ? std::move(report).take() : SurfacesReport();
    }
    void surface(const std::string& name, const std::string& text) const { file("lake/surfaces/" + name + ".sql", text); }
    std::vector<std::string> rows(const std::string& sql) { return lake_.rows(sql); }
    std::vector<std::string> errors() { return rows("SELECT rel_path, line, error FROM extract_errors ORDER BY rel_path, error"); }

    testing::SmallLake lake_;
};

TEST_F(Surfaces, AreTablesKeptFileByFile) {
    surface("scores", "-- files: **/scores.csv\nSELECT name, score * 2 AS twice FROM read_csv({files});\n-- the end\n");
    file("logs/a/scores.csv", "name,score\nx,1\ny,2\n");
    file("logs/b/c/scores.csv", "name,score\nz,3\n");
    file("logs/.hidden/scores.csv", "name,score\nh,3\n");
    file("logs/a/other.csv", "name,score\no,3\n");
    lake_.connection.run("INSERT INTO lake_units (unit_key, source, dir) VALUES ('k-a', 'hydra', '" + at("logs/a") + "')").value_or({});
    auto report = again();
    EXPECT_EQ(report.files_read, 2U);
    EXPECT_EQ(report.rows, 3U);
    EXPECT_THAT(rows("SELECT * EXCLUDE root_id FROM scores ORDER BY rel_path, \"row\""), ElementsAre("k-a|a/scores.csv|0|x|2", "k-a|a/scores.csv|1|y|4", "-|b/c/scores.csv|0|z|6"));
    EXPECT_THAT(rows("SELECT name, columns FROM lake_surfaces"), ElementsAre(R"(scores|[{"name":"name","type":"VARCHAR"},{"name":"twice","type":"BIGINT"}])"));
    EXPECT_EQ(again().files_read, 0U);
    // One more, one changed, one gone.
    file("logs/d/scores.csv", "name,score\nw,5\n");
    file("logs/a/scores.csv", "name,score\nx,100\n");
    std::filesystem::remove_all(at("logs/b"));
    report = again();
    EXPECT_EQ(report.files_read, 2U);
    EXPECT_EQ(report.files_gone, 1U);
    EXPECT_THAT(rows("SELECT rel_path, name, twice FROM scores ORDER BY rel_path"), ElementsAre("a/scores.csv|x|200", "d/scores.csv|w|10"));
    // The same rows come out when all is read at once, and when the surface says something else.
    EXPECT_EQ(again(true).files_read, 2U);
    EXPECT_THAT(rows("SELECT rel_path, name, twice FROM scores ORDER BY rel_path"), ElementsAre("a/scores.csv|x|200", "d/scores.csv|w|10"));
    surface("scores", "-- files: d/*.csv\nSELECT count(*) AS n FROM read_csv({files})");
    again();
    EXPECT_THAT(rows("SELECT * EXCLUDE (root_id, run_key) FROM scores"), ElementsAre("d/scores.csv|0|1"));
    // Without its file the table goes.
    std::filesystem::remove(at("lake/surfaces/scores.sql"));
    again();
    EXPECT_THAT(rows("SELECT table_name FROM duckdb_tables() WHERE table_name = 'scores'"), IsEmpty());
    EXPECT_THAT(rows("SELECT surface FROM lake_surface_files"), IsEmpty());
}

// In whatever order roots that lie in each other come, a file is there once, told by the shallowest.
TEST_F(Surfaces, AFileBelowSeveralRootsIsThereOnce) {
    surface("scores", "-- files: **/scores.csv\nSELECT name FROM read_csv({files})");
    file("logs/x/a/scores.csv", "name,score\nin_a,1\n");
    file("logs/x/scores.csv", "name,score\nin_x,1\n");
    file("logs/b/scores.csv", "name,score\nin_b,1\n");
    const std::string select = "SELECT s.rel_path, s.name, r.root_path = '" + at("logs") + "' FROM scores s JOIN log_roots r USING (root_id) ORDER BY ALL";
    const auto all = ElementsAre("b/scores.csv|in_b|true", "x/a/scores.csv|in_a|true", "x/scores.csv|in_x|true");
    of_roots({"logs/x/a"});
    of_roots({"logs/x"});
    EXPECT_THAT(rows("SELECT rel_path, name FROM scores ORDER BY ALL"), ElementsAre("a/scores.csv|in_a", "scores.csv|in_x"));
    of_roots({"logs"});
    EXPECT_THAT(rows(select), all);
    EXPECT_EQ(of_roots({"logs/x"}).files_read, 0U);
    EXPECT_EQ(of_roots({"logs/x/a", "logs", "logs/x"}).files_read, 0U);
    EXPECT_THAT(rows(select), all);
    // What has gone is missed below the roots of a call, not elsewhere.
    std::filesystem::remove(at("logs/x/a/scores.csv"));
    std::filesystem::remove(at("logs/b/scores.csv"));
    EXPECT_EQ(of_roots({"logs/x"}).files_gone, 1U);
    EXPECT_THAT(rows("SELECT name FROM scores ORDER BY ALL"), ElementsAre("in_b", "in_x"));
    EXPECT_EQ(of_roots({"logs"}).files_gone, 1U);
    EXPECT_THAT(rows("SELECT name FROM scores ORDER BY ALL"), ElementsAre("in_x"));
    // A root that is forgotten takes its files along.
    lake_.connection.run("DELETE FROM log_roots").value_or({});
    of_roots({"logs/b"});
    EXPECT_THAT(rows("SELECT surface FROM lake_surface_files"), IsEmpty());
}

TEST_F(Surfaces, TheOrderInWhichFilesCameDoesNotShow) {
    surface("wide", "-- files: *.json\nSELECT * FROM read_json({files})");
    file("logs/b.json", R"({"v": 1, "only_b": "x"})");
    again();
    file("logs/a.json", R"({"v": 1.5})");
    EXPECT_EQ(again().files_read, 2U) << "a wider type has all files read again";
    file("logs/c.json", R"({"v": 2})");
    EXPECT_EQ(again().files_read, 1U);
    const auto step_by_step = rows("SELECT rel_path, v, only_b, typeof(v) FROM wide ORDER BY rel_path");
    EXPECT_THAT(step_by_step, ElementsAre("a.json|1.5|-|DOUBLE", "b.json|1.0|x|DOUBLE", "c.json|2.0|-|DOUBLE"));
    lake_ = testing::fill_lake({});
    again();
    EXPECT_EQ(rows("SELECT rel_path, v, only_b, typeof(v) FROM wide ORDER BY rel_path"), step_by_step);
    // What made it wide goes: so does the width.
    std::filesystem::remove(at("logs/a.json"));
    again();
    EXPECT_THAT(rows("SELECT v, typeof(v) FROM wide ORDER BY rel_path"), ElementsAre("1|BIGINT", "2|BIGINT"));
}

TEST_F(Surfaces, ABadFileCostsThatFile) {
    surface("lines", "-- files: *.jsonl\nSELECT a FROM read_json({files}, columns = {a: 'INTEGER'})\n");
    file("logs/good.jsonl", "{\"a\": 1}\n");
    file("logs/bad.jsonl", "{\"a\": 1}\n{\"a\": \n");
    auto report = again();
    EXPECT_THAT(report.problems, SizeIs(1));
    EXPECT_THAT(errors(), ElementsAre(HasSubstr("lines.sql|2|bad.jsonl: ")));
    EXPECT_THAT(rows("SELECT rel_path, a FROM lines"), ElementsAre("good.jsonl|1"));
    EXPECT_THAT(again().problems, IsEmpty()) << "it is told when it is read; it stands in extract_errors until it is read again";
    EXPECT_THAT(errors(), SizeIs(1));
    file("logs/bad.jsonl", "{\"a\": 2}\n{\"a\": 3}\n");
    again();
    EXPECT_THAT(errors(), IsEmpty());
    EXPECT_EQ(lake_.one("SELECT sum(a) FROM lines"), "6");
}

// Not for patterns: what lies beside it is another file.
TEST_F(Surfaces, AFileIsNamedByItselfWhateverItIsCalled) {
    surface("scores", "-- files: **/scores.csv\nSELECT a FROM read_csv({files})\n");
    file("logs/x1/scores.csv", "a\n1\n");
    file("logs/x[1]/scores.csv", "a\n2\n");
    file("logs/x*/scores.csv", "a\n3\n");
    again();
    EXPECT_THAT(errors(), IsEmpty());
    EXPECT_THAT(rows("SELECT rel_path, a FROM scores ORDER BY rel_path"), ElementsAre("x*/scores.csv|3", "x1/scores.csv|1", "x[1]/scores.csv|2"));
}

TEST_F(Surfaces, TimesDoNotDependOnWhereTheyAreRead) {
    surface("times", "-- files: *.csv\nSELECT moment::TIMESTAMPTZ::VARCHAR AS told FROM read_csv({files}, columns = {moment: 'VARCHAR'})\n");
    file("logs/a.csv", "moment\n2026-01-01 00:00:00+00\n");
    ASSERT_EQ(::setenv("TZ", "Asia/Tokyo", 1), 0);
    again();
    ASSERT_EQ(::unsetenv("TZ"), 0);
    EXPECT_THAT(rows("SELECT told FROM times"), ElementsAre("2026-01-01 00:00:00+00"));
}

TEST_F(Surfaces, WhatIsNoUtf8OrCantBeReadCostsNothingElse) {
    surface("scores", "-- files: **/scores.csv\nSELECT a FROM read_csv({files})\n");
    file("logs/one/scores.csv", "a\n1\n");
    file("logs/\xFE/scores.csv", "a\n2\n");
    surface("\xFF", "-- files: *.csv\nSELECT a FROM read_csv({files})");
    std::filesystem::create_directories(at("lake/surfaces/folder.sql"));
    std::filesystem::create_symlink("nowhere", at("lake/surfaces/gone.sql"));
    for (const bool full : {false, true}) {
        again(full);
        EXPECT_THAT(errors(), ElementsAre(HasSubstr("folder.sql|-|reading "), HasSubstr("gone.sql|-|opening "), HasSubstr("scores.sql|-|\xEF\xBF\xBD/scores.csv: its path is no UTF-8"),
                                          HasSubstr("can't be a table: small letters")));
        EXPECT_THAT(rows("SELECT rel_path, a FROM scores"), ElementsAre("one/scores.csv|1"));
    }
}

TEST_F(Surfaces, AWrongSurfaceCostsThatSurfaceAndNamesTheLine) {
    file("logs/a.csv", "a\n1\n");
    surface("good", "-- files: *.csv\nSELECT a FROM read_csv({files})");
    surface("named", "-- files: *.csv\nSELECT\n  b\nFROM read_csv({files})");
    surface("syntax", "-- files: *.csv\nSELECT a\nFRM read_csv({files})");
    surface("files", "SELECT a FROM read_csv({files})");
    surface("outside", "-- files: *.csv\n-- files: ../x.csv\nSELECT a FROM read_csv({files})");
    surface("unused", "-- files: *.csv\nSELECT 1 -- {files}\n");
    surface("runs", "-- files: *.csv\nSELECT a FROM read_csv({files})");
    surface("all_runs", "-- files: *.csv\nSELECT a FROM read_csv({files})");
    surface("Bad-Name", "-- files: *.csv\nSELECT a FROM read_csv({files})");
    surface("two", "-- files: *.csv\nSELECT a FROM read_csv({files}); DROP TABLE runs");
    surface("change", "-- files: *.csv\nCREATE TABLE x AS SELECT a FROM read_csv({files})");
    surface("own", "-- files: *.csv\nSELECT a AS \"Row\" FROM read_csv({files})");
    surface("pivot", "-- files: *.csv\nPIVOT (SELECT a, random() AS r FROM read_csv({files})) ON a USING sum(r)");
    surface("pivot_in", "-- files: *.csv\nSELECT * FROM (PIVOT (SELECT a, random() AS r FROM read_csv({files})) ON a IN (1) USING sum(r))");
    surface("unpivot", "-- files: *.csv\nUNPIVOT (SELECT a, random()::BIGINT AS r FROM read_csv({files})) ON a, r");
    again();
    EXPECT_THAT(errors(), ElementsAre(HasSubstr("Bad-Name.sql|-|'Bad-Name' can't be a table"), HasSubstr("all_runs.sql|-|'all_runs' is a table of the lake's own"),
                                      HasSubstr("change.sql|-|it is not one SELECT"), HasSubstr("files.sql|-|it does not say which files it reads"), HasSubstr("named.sql|3|"),
                                      HasSubstr("outside.sql|2|line 2: files are named below a root"), HasSubstr("own.sql|-|the column 'Row' is one of those"),
                                      HasSubstr("pivot.sql|-|it is not one SELECT (PIVOT is one when it names its columns"), HasSubstr("pivot_in.sql|-|the function random()"),
                                      HasSubstr("runs.sql|-|'runs' is a table of the lake's own"), HasSubstr("syntax.sql|3|"), HasSubstr("two.sql|-|it is not one SELECT"),
                                      HasSubstr("unpivot.sql|-|the function random()"),
                                      HasSubstr("unused.sql|-|it does not select over {files}")));
    EXPECT_THAT(rows("SELECT a FROM good"), ElementsAre("1"));
    EXPECT_THAT(rows("SELECT name FROM lake_surfaces WHERE error IS NULL"), ElementsAre("good"));
    // Mended, and spoilt again: nothing of before stays.
    surface("named", "-- files: *.csv\nSELECT a FROM read_csv({files})");
    again();
    EXPECT_THAT(rows("SELECT a FROM named"), ElementsAre("1"));
    surface("named", "-- files: *.csv\nSELECT c FROM read_csv({files})");
    again();
    EXPECT_THAT(rows("SELECT table_name FROM duckdb_tables() WHERE table_name = 'named'"), IsEmpty());
}

TEST_F(Surfaces, CantReachAnythingButTheirFiles) {
    file("logs/a.csv", "a\n1\n");
    file("secret.csv", "a\nsecret\n");
    const std::string secret = at("secret.csv");
    const std::vector<std::string> attempts = {
        "SELECT a FROM read_csv({files}) UNION ALL SELECT a FROM read_csv('" + secret + "')",
        "SELECT a FROM read_csv({files}), (SELECT content FROM read_text('" + secret + "'))",
        "SELECT a, (SELECT count(*) FROM glob('" + at("*") + "')) AS n FROM read_csv({files}) WHERE n > 0",
        "SELECT a FROM read_csv({files}) UNION ALL SELECT name FROM lake_units",
        "SELECT a FROM read_csv({files}) UNION ALL SELECT a FROM 'https://127.0.0.1:1/x.csv'",
        "SELECT a FROM read_csv({files}) UNION ALL FROM '" + secret + "'",
    };
    for (std::size_t i = 0; i < attempts.size(); ++i) { surface("s" + std::to_string(i), "-- files: *.csv\n" + attempts[i]); }
    again();
    for (const auto& row : rows("SELECT name, error FROM lake_surfaces")) { EXPECT_THAT(row, ::testing::Not(::testing::EndsWith("|-"))) << row; }
    EXPECT_THAT(rows("SELECT table_name FROM duckdb_tables() WHERE table_name ~ '^s[0-9]$' AND estimated_size > 0"), IsEmpty());
    std::vector<std::string> left;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) { left.push_back(entry.path().filename()); }
    EXPECT_THAT(left, ElementsAre("root")) << "nothing is left of the scratch files";
}

TEST_F(Surfaces, FilesOfManyFormsComeTogether) {
    surface("wide", "-- files: *.json\nSELECT * FROM read_json({files})");
    for (int i = 0; i < 40; ++i) { file("logs/" + std::to_string(i) + ".json", "{\"a\": " + std::to_string(i) + ", \"" + (i % 2 == 0 ? "even" : "odd") + "\": true}"); }
    const auto report = again();
    EXPECT_EQ(report.files_read, 40U);
    EXPECT_EQ(report.rows, 40U);
    EXPECT_THAT(rows("SELECT count(*), sum(a), count(even), count(odd), count(DISTINCT rel_path), max(\"row\") FROM wide"), ElementsAre("40|780|20|20|40|0"));
    EXPECT_THAT(rows("SELECT count(*), sum(rows) FROM lake_surface_files"), ElementsAre("40|40"));
    // One of them changed, one broken: what the others gave stays.
    file("logs/7.json", "{\"a\": 100, \"odd\": false}");
    file("logs/8.json", "{");
    EXPECT_EQ(again().files_read, 2U);
    EXPECT_THAT(rows("SELECT count(*), sum(a), count(even), count(odd) FROM wide"), ElementsAre("39|865|19|20"));
    EXPECT_THAT(errors(), SizeIs(1));
}

TEST_F(Surfaces, OneThatFindsNoFileIsToldUntilItDoes) {
    surface("later", "-- files: **/scores.csv\n-- files: **/points.csv\nSELECT * FROM read_csv({files})");
    file("logs/other.txt", "x");
    EXPECT_THAT(again().notes, ElementsAre("the surface later finds no file by **/scores.csv or **/points.csv: there is no table of that name yet"));
    file("logs/a/points.csv", "n\n1\n");
    EXPECT_THAT(again().notes, IsEmpty());
    // Asked below other folders it has its table all the same.
    file("other/x.txt", "x");
    EXPECT_THAT(of_roots({"other"}).notes, IsEmpty());
    EXPECT_THAT(rows("SELECT n FROM later"), ElementsAre("1"));
}

// What is another each time is found out whatever comes before the file that can be read.
TEST_F(Surfaces, AChangingOneIsRefusedAlsoAfterAFileThatCantBeRead) {
    surface("changing", "-- files: *.csv\nSELECT n, random() AS r FROM read_csv({files}, columns = {'n': 'INT'})");
    file("logs/a\xff.csv", "n\n1\n");
    file("logs/zz.csv", "n\n1\n");
    EXPECT_THAT(again().problems, ElementsAre(::testing::Field(&FileProblem::message, HasSubstr("random()"))));
}

TEST_F(Surfaces, EndWhenAskedTo) {
    surface("scores", "-- files: *.csv\nSELECT * FROM read_csv({files})");
    for (int i = 0; i < 5; ++i) { file("logs/" + std::to_string(i) + ".csv", "n\n1\n"); }
    int asked = 0;
    SurfacesRequest request{at("lake/surfaces"), {{at("logs"), root_id(at("logs"))}}, folder_.path(), {0}, false, [&] { return ++asked == 3; }};
    const auto report = reconcile_surfaces(lake_.connection, request);
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code(), core::Errc::interrupted);
    EXPECT_EQ(asked, 3);
    EXPECT_THAT(rows("SELECT name FROM lake_surfaces"), IsEmpty());
    EXPECT_EQ(again().files_read, 5U);
}

TEST_F(Surfaces, AFileFromTheFutureIsReadEachTime) {
    surface("n", "-- files: *.csv\nSELECT a FROM read_csv({files})");
    file("logs/a.csv", "a\n1\n");
    again();
    EXPECT_EQ(again().files_read, 0U);
    std::filesystem::last_write_time(at("logs/a.csv"), std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
    EXPECT_EQ(again().files_read, 1U);
    EXPECT_EQ(again().files_read, 1U);
    EXPECT_EQ(lake_.one("SELECT count(*) FROM n"), "1");
}

TEST_F(Surfaces, WhatAKilledOneLeftIsRemoved) {
    std::ofstream(folder_ / ".surface-0123456789abcdef.duckdb") << "rows";
    std::ofstream(folder_ / ".surface-0123456789abcdef.duckdb.wal") << "rows";
    again();
    EXPECT_FALSE(std::filesystem::exists(folder_ / ".surface-0123456789abcdef.duckdb"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / ".surface-0123456789abcdef.duckdb.wal"));
}

TEST(SurfaceFile, TheListOfFilesIsQuoted) {
    const auto surface = parse_surface("x", "--files:a b/*.csv\n  --  files:  c.csv  \nFROM read_csv({files}) -- {files}");
    ASSERT_TRUE(surface.ok()) << surface.error().message();
    EXPECT_THAT(surface.value().globs, ElementsAre("a b/*.csv", "c.csv"));
    EXPECT_THAT(surface_sql(surface.value(), "/it's"), HasSubstr("FROM read_csv(['/it''s']) -- ['/it''s']"));
}

}  // namespace
}  // namespace runlake::lake
