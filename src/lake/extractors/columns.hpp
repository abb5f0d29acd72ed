// SPDX-License-Identifier: Apache-2.0
// Columns of a table around a group that other tables have as well.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "lake/table.hpp"

namespace runlake::lake {

template <std::size_t Before, std::size_t Count, std::size_t After>
constexpr auto columns_around(const Column (&before)[Before], const std::array<Column, Count>& group, const Column (&after)[After]) {
    std::array<Column, Before + Count + After> out{};
    std::copy(after, after + After, std::copy(group.begin(), group.end(), std::copy(before, before + Before, out.begin())));
    return out;
}

}  // namespace runlake::lake
