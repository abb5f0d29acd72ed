// SPDX-License-Identifier: Apache-2.0
// A note of the knowledge base: its metadata, headings, links and citations. What the file says, not whether it is right.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "kb/citation.hpp"
#include "kb/front_matter.hpp"
#include "kb/kinds.hpp"

namespace runlake::kb {

struct Heading {
    int level = 0;
    std::string text;
    int line = 0;
    std::size_t begin = 0;   // of its line in the file
    std::size_t end = 0;     // behind its line
};

struct WikiLink {
    std::string target;      // of [[target#anchor|text]]
    int line = 0;
};

struct MetaField {
    std::string text;
    int line = 0;
};

struct Note {
    const KindInfo* kind = nullptr;
    std::string path;                            // relative to the project root: "kb/research/findings/F001-slug.md"
    std::string id;                              // "F001", "ACTIVE"; the file's stem for lessons
    std::string stem;                            // file name without .md
    std::string title;                           // of the first heading, without the id
    core::Json front = core::Json::object();
    std::map<std::string, int> front_lines;      // "/conditions": 12
    std::map<std::string, MetaField> meta;       // by lower-case name, "_" for spaces: block quotes, over them the front matter
    std::vector<std::string> aliases;
    std::vector<Heading> headings;
    std::vector<WikiLink> links;
    Citations citations;
    std::optional<core::Error> damage;           // its front matter can't be read: nothing else of it is known

    std::string meta_text(std::string_view name) const;           // "" when absent
    // The id that a reference names: quotes and [[ ]] taken off. Nothing for "", N/A, None, null.
    std::optional<std::string> reference(std::string_view name) const;
    int line_of(std::string_view name) const;                      // of that metadata, 0 when unknown
};

// For citations alone `supporting_runs` is left out of Note::front where that saves reading it as YAML; headings then know their lines, not their places.
enum class ReadNote : std::uint8_t { whole, citations };
// Reads the text of a note. Damaged front matter is in `damage`.
Note read_note(std::string_view text, std::string path, const KindInfo& kind, std::string id, ReadNote how = ReadNote::whole);
// The text of a section "## name", without its heading; nothing when it is missing. `text` is the file's.
std::optional<std::string> section_text(std::string_view text, const Note& note, std::string_view name);
// [[X]], "X" and X as X; nothing for "", N/A, None, null.
std::optional<std::string> reference_of(std::string_view text);
// A text of the same length in which code, and with `comments` HTML comments too, are blanks. Lines stay.
std::string without_code(std::string_view text, bool comments);

}  // namespace runlake::kb
