// SPDX-License-Identifier: Apache-2.0
// Any bytes as a note: front matter, headings, links and citations are read, or refused with an error.
#include "kb/note.hpp"
#include "kb/write.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace kb = runlake::kb;

RUNLAKE_FUZZ {
    const kb::Note note = kb::read_note(text, "kb/research/findings/F001-a.md", kb::info_of(kb::NoteKind::finding), "F001");
    DEMAND(!note.damage || !note.damage->message().empty());
    for (const kb::Heading& heading : note.headings) { DEMAND(heading.begin < heading.end && heading.end <= text.size()); }
    DEMAND(kb::without_code(text, true).size() == text.size());
    if (!note.damage) { DEMAND(kb::with_link(text, note, "E001").size() >= text.size()); }
}
