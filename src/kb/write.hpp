// SPDX-License-Identifier: Apache-2.0
// Making and changing notes: whole files, each replaced at once; what fails leaves everything as it was.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "kb/graph.hpp"

namespace runlake::kb {

struct NewNote {
    NoteKind kind = NoteKind::finding;
    std::string title;
    std::optional<std::string> id;               // default: the smallest number that is free
    std::optional<std::string> hypothesis;       // of experiments and findings; a finding's default is its experiment's
    std::optional<std::string> experiment;       // of findings
    std::optional<std::string> thread;           // of hypotheses
    std::string impact = "MEDIUM";               // of findings
    std::vector<std::string> links;              // further ones; they are not linked back
};

struct CreatedNote {
    std::string id;
    std::string path;                            // relative to the root
    std::vector<std::string> linked_from;        // parents into which a link was put
};

// Makes a note from its template and links its parents back to it. `lock` is a file that one writer at a time holds. Errc::usage: no title, wrong words, or what this kind needs is missing.
// Errc::not_found: no knowledge base, or no such parent. Errc::conflict: the id is taken. Errc::corrupt: a parent can't be read. Errc::busy: another writes for a long time.
core::Result<CreatedNote> create_note(const std::string& root, const std::string& lock, const NewNote& wanted, core::Timestamp now);

struct CloseNote {
    std::string id;
    std::optional<std::string> status;           // default: CLOSED of a thread, COMPLETED of an experiment
    std::optional<std::string> conclusion;       // text of "## Conclusion", of an experiment "## Outcome Summary"
};

struct ClosedNote {
    std::string id;
    std::string path;
    std::string status;
};

// Sets the status (in front matter and block quote), last_updated and the conclusion. Errc::usage: a finding, or a hypothesis without a status. Errc::not_found; Errc::corrupt; Errc::conflict: its
// front matter is written in a way that can't be changed in place.
core::Result<ClosedNote> close_note(const std::string& root, const std::string& lock, const CloseNote& wanted, core::Timestamp now);

// The text with a link to `id` in its section Links, or as it was when one is there.
std::string with_link(std::string_view text, const Note& note, std::string_view id);

}  // namespace runlake::kb
