// SPDX-License-Identifier: Apache-2.0
#include "cli/man.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_commands.hpp"

namespace runlake::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view k_page = R"(# runlake runs tail

Show the newest runs.

It reads, never writes.

## Examples

```console
$ runlake runs tail
.hidden \path
## not a heading
```

- one `code-word`
- **two**

| word | meaning |
|---|---|
| a-b | see [the guide](../guide.md) |

## Options

old options

## Exit status

0, or 3 when there is no store.
)";

TEST(Man, JoinsTableAndPage) {
    const auto page = man_page(test::k_tail, k_page);
    EXPECT_THAT(page, testing::StartsWith(".TH \"RUNLAKE-RUNS-TAIL\" 1 "));
    EXPECT_THAT(page, HasSubstr(".SH NAME\nrunlake\\-runs\\-tail \\- Show the newest runs\n"));
    EXPECT_THAT(page, HasSubstr(".SH DESCRIPTION\nIt reads, never writes.\n"));
    EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-n\\fR, \\fB\\-\\-n\\fR\\fI N\\fR\nHow many.\n"));
    EXPECT_THAT(page, HasSubstr(".SH \"EXAMPLES\"\n.PP\n.RS 4\n.nf\n$ runlake runs tail\n\\&.hidden \\epath\n## not a heading\n.fi\n.RE\n"));
    EXPECT_THAT(page, HasSubstr(".IP \\(bu 3\none \\fBcode\\-word\\fR\n"));
    EXPECT_THAT(page, HasSubstr(".TP\na\\-b\nsee the guide\n"));
    EXPECT_THAT(page, HasSubstr(".SH \"EXIT STATUS\"\n0, or 3 when there is no store.\n"));
    EXPECT_THAT(page, Not(HasSubstr("old")));
}

TEST(Man, ACommandWithoutAPageHasOneFromTheTable) { EXPECT_THAT(man_page(test::k_version, ""), HasSubstr(".SH SYNOPSIS\n\\fBrunlake version\\fR\n")); }

TEST(Man, TheOverviewNamesEveryCommand) {
    const auto page = man_overview(test::k_commands, "# runlake\n\nSummary.\n\n## Files\n\n`.runlake/`\n");
    EXPECT_THAT(page, HasSubstr("\\fBrunlake\\-lake\\-job\\-run\\fR(1)\n"));
    EXPECT_THAT(page, HasSubstr(".SH \"FILES\"\n\\fB.runlake/\\fR\n"));
}

TEST(Roff, TextNeverBecomesARequest) {
    EXPECT_EQ(to_roff(".x"), "\\&.x\n");
    EXPECT_EQ(to_roff("'x"), "\\(aqx\n");
    EXPECT_EQ(to_roff("a `unclosed and *star"), "a \\(gaunclosed and *star\n");
    EXPECT_EQ(to_roff("\\"), "\\e\n");
}

TEST(Docs, OptionsAreMadeAgainAndTheRestKept) {
    const auto page = with_options(test::k_tail, k_page);
    EXPECT_THAT(page, testing::StartsWith("# runlake runs tail\n\nShow the newest runs.\n\nIt reads, never writes.\n\n## Examples\n\n```console\n"));
    EXPECT_THAT(page, HasSubstr("```text\nrunlake runs tail [OPTIONS]\n\n  -n, --n N "));
    EXPECT_THAT(page, Not(HasSubstr("old")));
    EXPECT_THAT(page, testing::EndsWith("## Exit status\n\n0, or 3 when there is no store.\n"));
    EXPECT_EQ(with_options(test::k_tail, page), page) << "a second time changes nothing";
    EXPECT_EQ(with_options(test::k_version, with_options(test::k_version, "")), with_options(test::k_version, ""));
}

TEST(Docs, TheIndexLinksEveryPage) { EXPECT_THAT(docs_index(test::k_commands), HasSubstr("| [`lake job run`](lake-job-run.md) | Run a job of the lake |\n")); }

}  // namespace
}  // namespace runlake::cli
