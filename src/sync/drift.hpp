// SPDX-License-Identifier: Apache-2.0
// How two sides differ, told from digests and from what they last agreed on; never from clocks. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/knowledge.hpp"
#include "sync/tree.hpp"

namespace runlake::sync {

enum class State : std::uint8_t {
    missing,    // here, and not there
    extra,      // there, and not here
    newer,      // changed on one side since both agreed: the other one has what they agreed on
    differing,  // changed on both sides, or never the same: nobody can say which is newer
};
std::string_view state_name(State state);

enum class Newer : std::uint8_t { unknown, here, there };

struct Difference {
    std::string path;
    State state = State::missing;
    Newer newer = Newer::unknown;
    std::optional<Attributes> here;
    std::optional<Attributes> there;
    std::string held;               // why nothing was done about it, where something could have been
};

// By path. Files without a digest on either side differ; `unread` ones are told by the caller.
std::vector<Difference> compare(const Tree& here, const Tree& there, const Knowledge& known);

// Files there whose digests are wanted before compare() can tell: nothing is known of them, and they have the size of what is here or of what was agreed, or are shorter, so that what is here may go on from them.
std::vector<std::size_t> unknown_files(const Tree& here, const Tree& there, const Knowledge& known);

}  // namespace runlake::sync
