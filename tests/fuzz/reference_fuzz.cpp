// SPDX-License-Identifier: Apache-2.0
// Any bytes as HEAD, a loose reference or packed-refs: an object id is 40 or 64 lower-case hex digits, a name is safe to join to a path, or nothing.
#include <algorithm>

#include "core/text.hpp"
#include "git/repository.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

bool is_object(std::string_view text) {
    return (text.size() == 40 || text.size() == 64) &&
           std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

RUNLAKE_FUZZ {
    const auto reference = runlake::git::parse_reference(text);
    if (reference.ok()) {
        DEMAND(reference.value().object.empty() != reference.value().symbolic.empty());
        DEMAND(reference.value().object.empty() || is_object(reference.value().object));
        const std::string& name = reference.value().symbolic;
        DEMAND(name.empty() || (name.starts_with("refs/") && ("/" + name + "/").find("/../") == std::string::npos && name.find('\0') == std::string::npos));
    }
    for (const char* name : {"refs/heads/main", "refs/heads/a", "refs/tags/v1"}) {
        const auto object = runlake::git::find_packed(text, name);
        DEMAND(!object || is_object(*object));
    }
}
