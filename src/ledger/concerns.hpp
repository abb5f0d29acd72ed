// SPDX-License-Identifier: Apache-2.0
// What must not leave a machine: absolute paths and secrets, found in a JSON value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"

namespace runlake::ledger {

struct Concern {
    std::string where;            // "statepoint.data.root", "tags[2]"
    std::string what;             // "an absolute path", "a secret"; never the value
};

// Every member that holds one, in order. `within` names the value itself.
std::vector<Concern> concerns_in(const core::Json& value, std::string_view within);

// Whether a text is, or holds as a word, an absolute path of this or another system: "/home/a/b", "~/x", "C:\x", "\\host\x", "file:///x". Addresses (https://...) and
// single slashes are none.
bool has_absolute_path(std::string_view text);

}  // namespace runlake::ledger
