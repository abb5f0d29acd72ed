// SPDX-License-Identifier: Apache-2.0
// The page of a release: what is written into it, what is left out and said to be, and that no name in it becomes code.
#include <gmock/gmock.h>

#include <string>

#include "core/json.hpp"
#include "core/text.hpp"
#include "lake/page/page.hpp"
#include "lake/page/page_data.hpp"
#include "os/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::lake {
namespace {

using core::Json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

class Page : public ::testing::Test {
  protected:
    PageTable table(const std::string& name, const std::vector<std::string>& lines, std::int64_t rows = -1) {
        std::string text;
        for (const auto& line : lines) { text += line + "\n"; }
        const auto path = dir_ / (name + ".jsonl");
        EXPECT_TRUE(os::publish_file(path, text, 0644, os::Existing::replace, os::Durability::process, os::point::export_write).ok());
        return {.name = name, .help = "rows", .jsonl_path = path, .file = "data/" + name + ".parquet", .rows = rows < 0 ? static_cast<std::int64_t>(lines.size()) : rows};
    }
    // The document in data.js, by undoing what JavaScript undoes.
    Json data(const PageRequest& request) {
        auto text = page_data(request);
        EXPECT_TRUE(text.ok()) << text.error().message();
        const std::string& js = text.value();
        const auto begin = js.find("JSON.parse('") + 12;
        std::string json;
        for (std::size_t i = begin; js[i] != '\''; ++i) {
            if (js[i] == '\\') { ++i; }
            json += js[i];
        }
        EXPECT_EQ(js.substr(js.size() - 4), "');\n");
        auto parsed = core::parse_json(json, "data");
        EXPECT_TRUE(parsed.ok()) << parsed.error().message() << json;
        return parsed.ok() ? std::move(parsed).take() : Json();
    }
    static const Json& first(const Json& data) { return data.find("tables")->as_array()->front(); }
    static Json column(const Json& table, std::string_view name) {
        for (const auto& one : *table.find("columns")->as_array()) {
            if (one.string_at("name") == name) { return one; }
        }
        return {};
    }
    testing::TempDir dir_;
};

TEST_F(Page, TextsAreWrittenOnceAndWhatIsMissingIsNull) {
    const auto document = data({.release_id = "abc", .tables = {table("runs", {R"({"run_uid": "u1", "n": 1, "provider": "a"})", R"({"run_uid": "u2", "n": null, "provider": "a", "late": true})"})}});
    EXPECT_EQ(core::to_json(column(first(document), "provider")), R"({"name":"provider","words":["a"],"values":[0,0]})");
    EXPECT_EQ(core::to_json(column(first(document), "n")), R"({"name":"n","values":[1,null]})");
    EXPECT_EQ(core::to_json(column(first(document), "late")), R"({"name":"late","values":[null,true]})");
    EXPECT_EQ(document.string_at("title"), "Release abc");
    EXPECT_EQ(first(document).integer_at("kept"), 2);
    EXPECT_EQ(first(document).string_at("why"), "");
}

TEST_F(Page, HostileNamesStayInTheirString) {
    const std::string hostile = R"('); alert(1); ('</script><script>\u2028`${x}\\)";
    Json row;
    row.set("run_uid", hostile).set("__proto__", hostile);
    const auto document = data({.title = hostile, .release_id = "x", .tables = {table("runs", {core::to_json(row)})}});
    EXPECT_EQ(document.string_at("title"), hostile);
    EXPECT_EQ(*column(first(document), "run_uid").find("words")->as_array()->front().as_string(), hostile);
}

TEST_F(Page, ATableThatIsTooLargeIsCutAndSaysSo) {
    std::vector<std::string> lines;
    for (int i = 0; i < 5000; ++i) { lines.push_back(core::cat(R"({"run_uid": "u", "theorem": "theorem_)", i, R"(", "solved": true})")); }
    PageRequest request{.release_id = "x", .tables = {table("theorem_wild", lines)}};
    request.limits.table_bytes = 20'000;
    const auto document = data(request);
    const auto kept = first(document).integer_at("kept").value_or(0);
    EXPECT_GT(kept, 100);
    EXPECT_LT(kept, 2000);
    EXPECT_EQ(first(document).integer_at("rows"), 5000);
    EXPECT_THAT(first(document).string_at("why").value_or(""), HasSubstr("at most"));
    EXPECT_EQ(static_cast<std::int64_t>(column(first(document), "solved").find("values")->as_array()->size()), kept);
}

TEST_F(Page, ARowThatIsTooLargeIsLeftOutAndSaysSo) {
    const std::string large(std::size_t{17} << 20U, 'x');
    const auto document = data({.release_id = "x", .tables = {table("runs", {R"({"run_uid": "a"})", core::cat(R"({"run_uid": ")", large, R"("})"), R"({"run_uid": "b"})"})}});
    EXPECT_EQ(core::to_json(*column(first(document), "run_uid").find("words")), R"(["a","b"])");
    EXPECT_EQ(first(document).integer_at("rows"), 3);
    EXPECT_EQ(first(document).integer_at("kept"), 2);
    EXPECT_EQ(first(document).string_at("why"), "rows of more than 16 MiB are left to its file");
}

TEST_F(Page, TheRunsComeFirstWhateverTheOrder) {
    PageRequest request{.release_id = "x", .tables = {table("zebra", {R"({"a": 1})"}), table("theorem_wild", {}), table("runs", {R"({"run_uid": "u"})"})}};
    const auto document = data(request);
    EXPECT_EQ(first(document).string_at("name"), "runs");
    EXPECT_EQ(document.find("tables")->as_array()->size(), 3U);
}

TEST_F(Page, SomeGraphsOfEachRunWithTheirEdgesAndNoOthers) {
    std::vector<std::string> nodes, edges;
    for (const std::string run : {"r1", "r2", "r3"}) {
        for (int graph = 0; graph < 5; ++graph) {
            const int size = run == "r2" && graph == 0 ? 30 : 3;
            for (int i = 0; i < size; ++i) {
                nodes.push_back(core::cat(R"({"run_uid": ")", run, R"(", "theorem": "t)", graph, R"(", "rel_path": "t)", graph, R"(/g.json", "node_id": "n)", i, R"(", "attrs_json": "{}"})"));
                edges.push_back(core::cat(R"({"run_uid": ")", run, R"(", "theorem": "t)", graph, R"(", "rel_path": "t)", graph, R"(/g.json", "edge_idx": )", i, R"(, "src_node_id": "n0", "dst_node_id": "n)", i, R"("})"));
            }
        }
    }
    PageRequest request{.release_id = "x", .tables = {table("graph_edges", edges), table("graph_nodes", nodes)}};
    request.limits.graphs_a_run = 2;
    request.limits.nodes_a_graph = 10;
    const auto document = data(request);
    const Json& kept = first(document);
    EXPECT_EQ(kept.string_at("name"), "graph_nodes");
    EXPECT_EQ(kept.integer_at("kept"), 3 * 2 * 3);  // of r2 the large one is passed over and the next two taken
    EXPECT_EQ(document.find("tables")->as_array()->at(1).integer_at("kept"), 3 * 2 * 3);
    EXPECT_TRUE(column(kept, "attrs_json").is_null());
    EXPECT_THAT(kept.string_at("why").value_or(""), HasSubstr("2 graphs a run"));
}

TEST_F(Page, ABadLineIsAnError) {
    for (const char* line : {"[1]", "{", "nonsense"}) {
        const PageRequest request{.release_id = "x", .tables = {table("runs", {line})}};
        const auto text = page_data(request);
        ASSERT_FALSE(text.ok()) << line;
        EXPECT_EQ(text.error().code(), core::Errc::corrupt);
    }
}

TEST_F(Page, WritesItsFilesAndTellsThem) {
    const auto out = dir_ / "release";
    ASSERT_TRUE(os::make_dirs(out, 0755, os::point::export_write).ok());
    const auto written = write_page({.dir = out, .release_id = "x", .facts = Json::object().set("job", "j"), .tables = {table("runs", {R"({"run_uid": "u"})"})}});
    ASSERT_TRUE(written.ok()) << written.error().message();
    EXPECT_THAT(written.value(), IsSupersetOf({"index.html", "page/data.js", "page/main.js", "page/style.css", "page/hyparquet/index.js", "page/hyparquet/LICENSE"}));
    for (const auto& file : written.value()) { EXPECT_TRUE(os::exists(os::join_path(out, file))) << file; }
    const auto again = write_page({.dir = out, .release_id = "x", .facts = Json::object().set("job", "j"), .tables = {table("runs", {R"({"run_uid": "u"})"})}});
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again.value(), written.value());
}

}  // namespace
}  // namespace runlake::lake
