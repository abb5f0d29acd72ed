// SPDX-License-Identifier: Apache-2.0
// Doing one thing to many items by as many threads as there are processors.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "os/system.hpp"

namespace runlake::ops {

// Calls work(i) once for each i below `count`; in no order, and by several threads at once.
template <class Work>
void in_parallel(std::size_t count, const Work& work) {
    std::atomic<std::size_t> next{0};
    const auto turn = [&] {
        for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) { work(i); }
    };
    std::vector<std::thread> others;
    const std::size_t threads = std::min(count, static_cast<std::size_t>(os::usable_processors()));
    for (std::size_t i = 1; i < threads; ++i) { others.emplace_back(turn); }
    turn();
    for (std::thread& other : others) { other.join(); }
}

}  // namespace runlake::ops
