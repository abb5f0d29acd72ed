// SPDX-License-Identifier: Apache-2.0
// Tactics: their normal form, and the family that each belongs to.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace runlake::lake {

// The families in the order by which goal caches index them.
inline constexpr std::array<std::string_view, 10> k_tactic_families = {"simplify", "rewrite", "intro",         "split", "cases",
                                                                       "closer",   "contradiction", "arith", "automation", "other"};

// Trimmed, each run of white space one blank.
std::string normal_tactic(std::string_view tactic);
// One of the ten, or for a tactic of none its first word.
std::string tactic_family(std::string_view tactic);
// Its position in k_tactic_families; 9, "other", for one that is not in it.
std::int64_t family_index(std::string_view family);

}  // namespace runlake::lake
