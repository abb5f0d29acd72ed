// SPDX-License-Identifier: Apache-2.0
// The kinds of notes that a knowledge base holds: where they lie, how they are named, what each must say.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace runlake::kb {

enum class NoteKind : std::uint8_t { hypothesis, experiment, finding, thread, literature, challenge_review, strategic_review, active, challenge, dashboard, lesson };

struct KindInfo {
    NoteKind kind;
    std::string_view word;                          // "hypothesis"
    std::string_view prefix;                        // "H"; "" for special notes and lessons
    std::string_view folder;                        // below kb/; of a special note its file
    std::span<const std::string_view> required;     // names of metadata, as they are shown: "Created"
    std::span<const std::string_view> headings;     // "Statement": "## Statement" must be there
    std::string_view special;                       // "ACTIVE"; "" for the others
};

std::span<const KindInfo> all_kinds();
const KindInfo& info_of(NoteKind kind);
// The kind whose ids begin so: "H" of "H001"; or null.
const KindInfo* kind_of_prefix(std::string_view prefix);
const KindInfo* kind_of_word(std::string_view word);   // "hypothesis", or null

// The kind of an id: a known prefix and exactly three digits, nothing else. Null for any other text.
const KindInfo* kind_of_id(std::string_view id);
// The id at the beginning of a file name "H001-slug.md", or nothing when it is not named so.
std::optional<std::string> id_of_file(std::string_view name, const KindInfo& kind);
// Lower case, runs of anything but a-z and 0-9 as one dash, at most 60 characters; "untitled" when nothing is left.
std::string slug_of(std::string_view title);

}  // namespace runlake::kb
