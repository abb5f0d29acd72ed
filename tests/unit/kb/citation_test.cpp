// SPDX-License-Identifier: Apache-2.0
// Citations out of front matter, Markdown, LaTeX and notebooks.
#include "kb/citation.hpp"

#include <gmock/gmock.h>

#include <string>

#include "kb/note.hpp"
#include "kb/quick_citations.hpp"

namespace runlake::kb {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* k_job = "054b0181fd7f004b6a69bc119f140754";

Citations of_front(const std::string& yaml) { return read_note("---\n" + yaml + "---\n", "kb/f.md", info_of(NoteKind::finding), "F001").citations; }

Citations of_markdown(const std::string& text) {
    Citations out;
    read_markdown(text, "a.md", 1, out);
    return out;
}

Citations of_latex(const std::string& text) {
    Citations out;
    read_latex(text, "a.tex", out);
    return out;
}

TEST(SupportingRuns, TheThreeShapes) {
    const Citations read = of_front(std::string("supporting_runs:\n  - {type: job, id: \"") + k_job + "\"}\n  - type: batch\n    experiment_id: E001\n    selector: {seed: 0}\n  - {type: run, id: A0EEBC99}\n");
    ASSERT_THAT(read.found, SizeIs(3));
    EXPECT_THAT(read.faults, SizeIs(0));
    EXPECT_EQ(read.found[0].kind, CitedKind::job);
    EXPECT_EQ(read.found[0].id, k_job);
    EXPECT_EQ(read.found[0].line, 3);
    EXPECT_EQ(read.found[1].kind, CitedKind::batch);
    EXPECT_EQ(read.found[1].line, 4);
    EXPECT_EQ(core::to_json(read.found[1].selector), "{\"seed\":0}");
    EXPECT_EQ(read.found[2].kind, CitedKind::run);
    EXPECT_EQ(read.found[2].id, "a0eebc99");
}

TEST(SupportingRuns, NumbersKeepTheirDigits) {
    const std::string head = std::string("supporting_runs:\n  - type: job\n    id: \"") + k_job + "\"\n";
    for (const char* const value : {"    value: {loss: 0.30}\n", "    value: {loss: \"0.30\"}\n", "    value:\n      loss: 0.30\n", "    metric: loss\n    value: 0.30\n", "    value: { 'loss': 0.30 } # text\n"}) {
        const Citations read = of_front(head + value);
        EXPECT_THAT(read.faults, SizeIs(0)) << value;
        ASSERT_THAT(read.found, SizeIs(1));
        ASSERT_THAT(read.found[0].values, SizeIs(1)) << value;
        EXPECT_EQ(read.found[0].values[0].text, "0.30") << value;
        EXPECT_EQ(read.found[0].values[0].number.unit, -2);
    }
    for (const char* const value : {"    value: 0.30\n", "    value: {loss: high}\n", "    value: {loss: .nan}\n", "    value: {loss: 0x10}\n", "    value: {loss: [1]}\n", "    value: {loss: true}\n", "    value: {\"a b\": 1}\n"}) {
        const Citations read = of_front(head + value);
        ASSERT_THAT(read.faults, SizeIs(1)) << value;
        EXPECT_EQ(read.faults[0].code, "finding.malformed_value") << value;
    }
}

TEST(SupportingRuns, ABatchHasNoValue) {
    const Citations read = of_front("supporting_runs: {type: batch, experiment_id: E001, value: {loss: 1}}\n");
    ASSERT_THAT(read.faults, SizeIs(1));
    EXPECT_EQ(read.faults[0].code, "finding.malformed_value");
}

// What it gives where it gives something is compared with YAML by fuzz_note; here, that plain lists are read so, and what is not plain is left to YAML.
TEST(QuickCitations, PlainListsAloneAreReadSo) {
    const std::string head = "---\nid: \"F001\"\naliases: [\"F001\"]\nimpact: HIGH\ncreated: 2026-06-03\nsupporting_runs:\n";
    const std::string item = std::string("  - type: job\n    id: \"") + k_job + "\"\n";
    const auto plain = quick_citations(head + item + "    value: {loss: \"0.30\", n: 12}\n" + item + "---\n", "a.md");
    ASSERT_TRUE(plain.has_value());
    ASSERT_THAT(plain->found, SizeIs(2));
    EXPECT_EQ(plain->found[0].line, 7);
    EXPECT_EQ(plain->found[0].values.at(1).text, "12");
    EXPECT_EQ(plain->found[1].line, 10);
    EXPECT_TRUE(quick_citations(head + item + "tags: []\n---\n", "a.md").has_value());
    for (const std::string& text : {head + "  - type: batch\n    experiment_id: \"E001\"\n---\n", head + item + "    # comment\n---\n", head + item + "    value: {loss: .nan}\n---\n", head + item + "    id: \"x\"\n---\n", head + "  - type: job\n---\n",
                                    head + item, head + item + "\n---\n", head + "  - type: job\n    id: 01234567890123456789012345678901\n---\n", "---\ntitle: \"a\n" + head.substr(4) + item + "---\n", "---\na: |\n  x\n" + head.substr(4) + item + "---\n",
                                    "---\na: &b c\n" + head.substr(4) + item + "---\n", head + item + "    value: {loss: \"0.30\", loss: \"0.30\"}\n---\n"}) {
        EXPECT_FALSE(quick_citations(text, "a.md").has_value()) << text;
    }
}

TEST(MetricNames, SelectorsAndNamesThatLookLikeThem) {
    EXPECT_EQ(parse_metric_name("loss").take().pick, MetricName::Pick::last);
    EXPECT_EQ(parse_metric_name("loss@min").take().pick, MetricName::Pick::min);
    EXPECT_EQ(parse_metric_name("loss@max").take().base, "loss");
    EXPECT_EQ(parse_metric_name("loss@step=120").take().step, 120);
    EXPECT_EQ(parse_metric_name("recall@10").take().base, "recall@10");
    EXPECT_EQ(parse_metric_name("recall@10@max").take().base, "recall@10");
    for (const char* text : {"", "a b", "a@step=", "a@step=x", "a@step=99999999999999999999"}) { EXPECT_FALSE(parse_metric_name(text).ok()) << text; }
}

TEST(Markdown, TheNumberBeforeTheComment) {
    const Citations read = of_markdown("First.\n\nThe loss fell to **2.31**<!-- runlake: 054b0181 loss@min --> and then.\n<!-- runlake: 054b0181 -->\n");
    EXPECT_THAT(read.faults, SizeIs(0));
    ASSERT_THAT(read.found, SizeIs(2));
    EXPECT_EQ(read.found[0].id, "054b0181");
    EXPECT_EQ(read.found[0].line, 3);
    ASSERT_THAT(read.found[0].values, SizeIs(1));
    EXPECT_EQ(read.found[0].values[0].text, "2.31");
    EXPECT_EQ(read.found[0].values[0].metric.pick, MetricName::Pick::min);
    EXPECT_THAT(read.found[1].values, SizeIs(0));
    EXPECT_EQ(read.found[1].line, 4);
}

TEST(Markdown, CodeIsNoCitation) {
    EXPECT_THAT(of_markdown("```\n1<!-- runlake: 054b0181 x -->\n```\n`2<!-- runlake: 054b0181 x -->` <!-- another comment runlake: -->\n~~~~\n~~~\n3<!-- runlake: 054b0181 x -->\n").found, SizeIs(0));
    EXPECT_THAT(of_markdown("1 <!-- runlake: 054b0181 x").found, SizeIs(0));
}

TEST(Markdown, FaultsAreSaid) {
    for (const char* text : {"<!-- runlake: -->", "<!-- runlake: x y z -->", "<!-- runlake: ../etc x -->"}) {
        const Citations read = of_markdown(text);
        ASSERT_THAT(read.faults, SizeIs(1)) << text;
        EXPECT_EQ(read.faults[0].code, "finding.broken_run_citation") << text;
    }
    const Citations read = of_markdown("no number <!-- runlake: 054b0181 loss -->");
    ASSERT_THAT(read.faults, SizeIs(1));
    EXPECT_EQ(read.faults[0].code, "finding.malformed_value");
    EXPECT_THAT(read.found, SizeIs(1));
}

TEST(Latex, MacrosAndComments) {
    const Citations read = of_latex("% \\runvalue{054b0181}{x}{9}\n\\newcommand{\\runvalue}[3]{#3}\nIt is \\runvalue{054b0181}{val\\_loss@max}{91.2\\%}\\runcite{a0eebc99}\n50\\% \\runvalue\n {054b0181} {x} {1{,}234}\\runvalues{x}");
    EXPECT_THAT(read.faults, SizeIs(0));
    ASSERT_THAT(read.found, SizeIs(3));
    EXPECT_EQ(read.found[0].values.at(0).metric.base, "val_loss");
    EXPECT_TRUE(read.found[0].values.at(0).number.is_percent);
    EXPECT_EQ(read.found[0].line, 3);
    EXPECT_EQ(read.found[1].id, "a0eebc99");
    EXPECT_EQ(read.found[2].values.at(0).text, "1{,}234");
    EXPECT_EQ(read.found[2].line, 4);
}

TEST(Latex, FaultsAreSaid) {
    EXPECT_THAT(of_latex("\\runvalue{xyz}{a}{1}").faults, SizeIs(1));
    EXPECT_THAT(of_latex("\\runvalue{054b0181}{a}").faults, SizeIs(1));
    EXPECT_THAT(of_latex("\\runvalue{054b0181}{a}{b}").faults, SizeIs(1));
    EXPECT_THAT(of_latex("\\runvalue{" + std::string(1'000'000, '{')).found, SizeIs(0));
}

Citations of_notebook(const std::string& text, bool fine = true) {
    Citations out;
    EXPECT_EQ(read_notebook(text, "a.ipynb", out).ok(), fine);
    return out;
}

TEST(Notebook, TaggedCellsAndMarkdown) {
    const Citations read = of_notebook(R"x({"cells": [
      {"cell_type": "code", "metadata": {"tags": ["other", "runlake:054b0181:loss@min"]}, "source": ["print(x)"], "outputs": [{"output_type": "stream", "text": ["loss: ", "2.31\n"]}]},
      {"cell_type": "code", "metadata": {"tags": ["runlake:054b0182:acc"]}, "source": "x", "outputs": [{"data": {"text/plain": ["np.float64(0.912)"]}}]},
      {"cell_type": "markdown", "metadata": {}, "source": ["It is 7<!-- runlake: 054b0183 n -->."]}
    ], "nbformat": 4})x");
    EXPECT_THAT(read.faults, SizeIs(0));
    ASSERT_THAT(read.found, SizeIs(3));
    EXPECT_EQ(read.found[0].values.at(0).text, "2.31");
    EXPECT_EQ(read.found[0].line, 2);
    EXPECT_EQ(read.found[1].values.at(0).text, "0.912");
    EXPECT_EQ(read.found[1].line, 3);
    EXPECT_EQ(read.found[2].values.at(0).text, "7");
    EXPECT_EQ(read.found[2].line, 4);
}

TEST(Notebook, FaultsAreSaid) {
    EXPECT_THAT(of_notebook(R"x({"cells": [{"cell_type": "code", "metadata": {"tags": ["runlake:054b0181:x"]}, "outputs": [{"text": "1 2"}]}]})x").faults, SizeIs(1));
    EXPECT_THAT(of_notebook(R"x({"cells": [{"cell_type": "code", "metadata": {"tags": ["runlake:xyz:x"]}}]})x").faults, SizeIs(1));
    of_notebook("{\"runlake:\": ", false);
    of_notebook("{\"runlake:\": 1}", false);
    EXPECT_THAT(of_notebook("no notebook and no citation").found, SizeIs(0));
}

}  // namespace
}  // namespace runlake::kb
