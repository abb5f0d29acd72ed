// SPDX-License-Identifier: Apache-2.0
// The words of `queue add --sweep`: which keys take which values, and every combination of them.
//
//   sweep  = clause *( "," clause )        clause = key "=" values
//   values = integer ".." integer          both ends included
//          | piece *( "|" piece )          a piece in quotes may hold commas, bars and anything else; pieces of nothing are left out
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::jobs {

struct SweepAxis {
    std::string key;
    std::vector<core::Json> values;
};

// What a piece means: its type. The same as for --sp.
using PieceValue = std::function<core::Result<core::Json>(std::string_view piece)>;

inline constexpr std::uint64_t k_most_combinations = 100'000;

// Errc::usage says what is wrong and where; also a key given twice, and more than k_most_combinations in all.
core::Result<std::vector<SweepAxis>> parse_sweep(std::string_view text, const PieceValue& value_of);

// Objects with one value of every axis; the last axis changes fastest. One empty object for no axes.
std::vector<core::Json> combinations(const std::vector<SweepAxis>& axes);

}  // namespace runlake::jobs
