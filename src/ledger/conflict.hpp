// SPDX-License-Identifier: Apache-2.0
// Files that git could not merge: a text with conflict markers is two whole texts, and of two entries of one id a rule says which stands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace runlake::ledger {

// Both sides of a text with conflict markers (also in diff3's style: the common ancestor is passed over).
struct Sides {
    std::string ours;
    std::string theirs;
};
// Nothing when it has no markers. Errc::corrupt: they do not pair.
core::Result<std::optional<Sides>> split_conflict(std::string_view text);

// Which of two entries (or two extras) of one id stands, whole: the later one of one machine, since that corrects its earlier one; else a complete one before others, then
// the one that ended first, then that was promoted first, then by machine, then by text. Depends on no order. One that can't be read loses; Errc::corrupt: neither can.
// `kind` and `id` are by what the texts are read.
enum class TextKind : std::uint8_t { job, run, extra };

core::Result<std::string> merge_texts(TextKind kind, std::string_view id, std::string_view a, std::string_view b);

// What a text claims to be, out of its members: for a merge driver, which gets files without their names. Errc::corrupt: nothing that is known.
struct Claim {
    TextKind kind;
    std::string id;
};
core::Result<Claim> claim_of(std::string_view text);

// Reads a text as the entry of that kind and id: Errc::corrupt, unsupported.
core::Status check_text(TextKind kind, std::string_view id, std::string_view text);

}  // namespace runlake::ledger
