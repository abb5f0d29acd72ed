// SPDX-License-Identifier: Apache-2.0
// Lists in JSON objects.
#pragma once

#include <string_view>

#include "core/json.hpp"

namespace runlake::core {

// Null where there is no such member, or it is no list.
inline const JsonArray* find_list(const Json& object, std::string_view key) {
    const auto* member = object.find(key);
    return member == nullptr ? nullptr : member->as_array();
}

// Empty then.
inline const JsonArray& list_at(const Json& object, std::string_view key) {
    static const JsonArray none;
    const auto* list = find_list(object, key);
    return list == nullptr ? none : *list;
}

}  // namespace runlake::core
