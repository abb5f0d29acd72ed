// SPDX-License-Identifier: Apache-2.0
// Any bytes as a note: front matter, headings, links and citations are read, or refused with an error.
#include <string>

#include "kb/note.hpp"
#include "kb/write.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace kb = runlake::kb;

namespace {

std::string shown(const kb::Note& note) {
    std::string out = note.damage ? "damaged" : "";
    for (const kb::Citation& citation : note.citations.found) {
        out += std::to_string(static_cast<int>(citation.kind)) + citation.id + citation.experiment_id + std::to_string(citation.line);
        for (const kb::QuotedValue& value : citation.values) { out += value.metric.whole + "=" + value.text + std::to_string(value.number.unit) + std::to_string(value.line); }
        out += '\n';
    }
    return out + std::to_string(note.citations.faults.size()) + note.title + note.meta_text("impact");
}

}  // namespace

RUNLAKE_FUZZ {
    const kb::Note note = kb::read_note(text, "kb/research/findings/F001-a.md", kb::info_of(kb::NoteKind::finding), "F001");
    // The quick way reads nothing else than the whole one.
    DEMAND(shown(note) == shown(kb::read_note(text, "kb/research/findings/F001-a.md", kb::info_of(kb::NoteKind::finding), "F001", kb::ReadNote::citations)));
    DEMAND(!note.damage || !note.damage->message().empty());
    for (const kb::Heading& heading : note.headings) { DEMAND(heading.begin < heading.end && heading.end <= text.size()); }
    DEMAND(kb::without_code(text, true).size() == text.size());
    // Nothing is lost but blank lines at the end.
    if (!note.damage) { DEMAND(kb::with_link(text, note, "E001").size() >= text.find_last_not_of("\r\n") + 1); }
}
