// SPDX-License-Identifier: Apache-2.0
// Doing one thing to many items by as many threads as there are processors.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "os/system.hpp"

namespace runlake::ledger {

// Calls work(i) once for each i below `count`; in no order, and by several threads at once. A thread takes `a_turn` of them at a time.
template <class Work>
void in_parallel(std::size_t count, std::size_t a_turn, const Work& work) {
    std::atomic<std::size_t> next{0};
    const auto turn = [&] {
        for (std::size_t begin = next.fetch_add(a_turn); begin < count; begin = next.fetch_add(a_turn)) {
            for (std::size_t i = begin; i < std::min(begin + a_turn, count); ++i) { work(i); }
        }
    };
    const std::size_t threads = std::min((count + a_turn - 1) / a_turn, static_cast<std::size_t>(os::usable_processors()));
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < threads; ++i) { others.emplace_back(turn); }
    turn();
    for (std::thread& other : others) { other.join(); }
}

}  // namespace runlake::ledger
