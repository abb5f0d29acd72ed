// SPDX-License-Identifier: Apache-2.0
// JSON pointers (RFC 6901).
#pragma once

#include <string_view>

#include "core/json.hpp"

namespace runlake::replay {

// What the pointer names; null when there is nothing. "" is the whole document.
const core::Json* at_pointer(const core::Json& document, std::string_view pointer);

}  // namespace runlake::replay
