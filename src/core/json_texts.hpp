// SPDX-License-Identifier: Apache-2.0
// Texts as JSON values.
#pragma once

#include <string>

#include "core/json.hpp"

namespace runlake::core {

// A list of texts, in their order.
template <class Texts>
Json text_list(const Texts& texts) {
    return JsonArray(texts.begin(), texts.end());
}

// Null for the empty text, where that stands for none.
inline Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace runlake::core
