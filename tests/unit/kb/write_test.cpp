// SPDX-License-Identifier: Apache-2.0
// Links put into notes, wherever their section ends.
#include "kb/write.hpp"

#include <gtest/gtest.h>

#include <string>

namespace runlake::kb {
namespace {

std::string linked(const std::string& text) {
    const Note note = read_note(text, "kb/research/hypotheses/H001-a.md", info_of(NoteKind::hypothesis), "H001");
    return with_link(text, note, "E001");
}

TEST(BackLinks, BehindTheLastLineOfTheSection) {
    EXPECT_EQ(linked("# H\n\n## Links\n\n- [[ACTIVE]]\n"), "# H\n\n## Links\n\n- [[ACTIVE]]\n- [[E001]]\n");
    EXPECT_EQ(linked("## Links\n- [[ACTIVE]]\n\n\n## Other\ntext\n"), "## Links\n- [[ACTIVE]]\n- [[E001]]\n\n\n## Other\ntext\n");
    EXPECT_EQ(linked("## Links\n- [[ACTIVE]]"), "## Links\n- [[ACTIVE]]\n- [[E001]]\n");
    EXPECT_EQ(linked("## Links"), "## Links\n\n- [[E001]]\n");
    EXPECT_EQ(linked("## Links\n\n## Other\n"), "## Links\n\n- [[E001]]\n\n## Other\n");
}

TEST(BackLinks, LinesEndAsTheOthersDo) { EXPECT_EQ(linked("## Links\r\n\r\n- [[ACTIVE]]\r\n"), "## Links\r\n\r\n- [[ACTIVE]]\r\n- [[E001]]\r\n"); }

TEST(BackLinks, ANewSectionWhereThereIsNone) {
    EXPECT_EQ(linked("# H\ntext"), "# H\ntext\n\n## Links\n\n- [[E001]]\n");
    EXPECT_EQ(linked("```\n## Links\n```\n"), "```\n## Links\n```\n\n## Links\n\n- [[E001]]\n");
}

TEST(BackLinks, OneThatIsThereStaysAlone) {
    for (const char* text : {"## Links\n- [[E001]]\n", "## Links\n- [[E001#part|text]]\n", "see [[E001-slug]]\n## Links\n"}) { EXPECT_EQ(linked(text), text); }
    const std::string code = "`[[E001]]`\n## Links\n- [[ACTIVE]]\n";
    EXPECT_NE(linked(code), code);
}

}  // namespace
}  // namespace runlake::kb
