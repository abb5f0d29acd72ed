// SPDX-License-Identifier: Apache-2.0
// By what it is decided which of several entries of one id stands. For sources of this module only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "ledger/conflict.hpp"

namespace runlake::ledger {

struct Standing {
    std::string machine;
    bool complete = false;
    std::int64_t ended_at = 0;      // the greatest number when it is not known
    std::int64_t promoted_at = 0;
};

core::Result<Standing> standing_of(TextKind kind, std::string_view id, std::string_view text);
// See merge_texts(). False for both orders: they are alike.
bool stands_before(const Standing& a, const Standing& b);

}  // namespace runlake::ledger
