// SPDX-License-Identifier: Apache-2.0
// What is read of a note: metadata, headings, links; and what code hides.
#include "kb/note.hpp"

#include <gmock/gmock.h>

#include <string>

namespace runlake::kb {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

Note read(const std::string& text) { return read_note(text, "kb/research/experiments/E001-a.md", info_of(NoteKind::experiment), "E001"); }

TEST(Note, FrontMatterGoesOverBlockQuotes) {
    const Note note = read("---\nid: E001\naliases: [E001, first]\nstatus: RUNNING\nhypothesis: \"\"\ntags: [a, b]\n---\n\n# E001 \xE2\x80\x94 A title\n\n> **Status**: DESIGNED\n> **Hypothesis**: [[H001|one]]\n> **Date reviewed:** 2026\n");
    EXPECT_EQ(note.title, "A title");
    EXPECT_EQ(note.meta_text("status"), "RUNNING");
    EXPECT_EQ(note.line_of("status"), 4);
    EXPECT_EQ(note.reference("hypothesis"), "H001");
    EXPECT_EQ(note.line_of("hypothesis"), 12);
    EXPECT_EQ(note.meta_text("date_reviewed"), "2026");
    EXPECT_THAT(note.aliases, ElementsAre("E001", "first"));
}

TEST(Note, WhatIsNoReference) {
    for (const char* text : {"", "N/A", "n/a", "None", "null", "  ", "\"\"", "[[]]"}) { EXPECT_FALSE(reference_of(text).has_value()) << text; }
    EXPECT_EQ(reference_of("\"[[H001#part]]\""), "H001");
}

TEST(Note, CodeHoldsNoHeadingsAndLinks) {
    const Note note = read("# E001\n## Links\n```sh\n## Setup\nif [[ -f x ]]; then\n```\n`[[code]]` [[H001]] ``[[a ` b]]`` <!-- [[hidden]] -->\n~~~\n[[fenced]]\n");
    EXPECT_THAT(note.headings, SizeIs(2));
    ASSERT_THAT(note.links, SizeIs(1));
    EXPECT_EQ(note.links[0].target, "H001");
    EXPECT_EQ(note.links[0].line, 7);
}

TEST(Note, LinksWithAnchorAndText) {
    const Note note = read("[[H001#part|text]] [[ F001 ]] ![[L001]] [[|x]] [[unclosed\n[[next]]");
    std::vector<std::string> targets;
    for (const WikiLink& link : note.links) { targets.push_back(link.target); }
    EXPECT_THAT(targets, ElementsAre("H001", "F001", "L001", "next"));
}

TEST(Note, MalformedFrontMatterIsDamage) {
    for (const char* text : {"---\nid: [\n---\n", "---\nid: E001\n", "---\n- a\n---\n", "---\nid: E001\nid: E002\n---\n", "---\na: &a [1, *a]\n---\n"}) { EXPECT_TRUE(read(text).damage.has_value()) << text; }
    EXPECT_FALSE(read("no front matter").damage.has_value());
    EXPECT_FALSE(read("").damage.has_value());
}

TEST(Note, ManyUnmatchedBackquotesAreReadOnce) {
    std::string text;
    for (int i = 1; i < 3000; ++i) { text += std::string(static_cast<std::size_t>(i), '`') + 'x'; }
    EXPECT_EQ(without_code(text, true).size(), text.size());
    std::string comments;
    for (int i = 0; i < 300'000; ++i) { comments += "<!--"; }
    EXPECT_EQ(without_code(comments, true).size(), comments.size());
}

TEST(Note, SectionsEndAtTheNextHeading) {
    const std::string text = "# E001\n## Setup\none\n### more\ntwo\n## Results\nthree\n";
    const Note note = read(text);
    EXPECT_EQ(section_text(text, note, "Setup"), "one\n### more\ntwo\n");
    EXPECT_EQ(section_text(text, note, "Results"), "three\n");
    EXPECT_FALSE(section_text(text, note, "Other").has_value());
}

TEST(Kinds, IdsAndSlugs) {
    EXPECT_NE(kind_of_id("H001"), nullptr);
    EXPECT_EQ(kind_of_id("CR001")->kind, NoteKind::challenge_review);
    for (const char* text : {"H1", "H0001", "e001", "X001", "", "001", "H00a", "HH001"}) { EXPECT_EQ(kind_of_id(text), nullptr) << text; }
    EXPECT_EQ(slug_of("A  Title: with \"marks\"!"), "a-title-with-marks");
    EXPECT_EQ(slug_of("---"), "untitled");
    EXPECT_EQ(slug_of("\xC3\x84rger"), "rger");
    EXPECT_LE(slug_of(std::string(500, 'a')).size(), 60U);
    EXPECT_EQ(id_of_file("E001-a.md", info_of(NoteKind::experiment)), "E001");
    for (const char* name : {"E001.md", "E001-.md", "E01-a.md", "F001-a.md", "E0011-a.md", "notes.md"}) { EXPECT_FALSE(id_of_file(name, info_of(NoteKind::experiment)).has_value()) << name; }
}

}  // namespace
}  // namespace runlake::kb
