// SPDX-License-Identifier: Apache-2.0
#include "os/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

#include "os/system.hpp"

namespace runlake::os {

void for_each_index(std::size_t count, std::size_t a_turn, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    const auto take_turns = [&] {
        for (std::size_t begin = next.fetch_add(a_turn); begin < count; begin = next.fetch_add(a_turn)) {
            for (std::size_t i = begin; i < std::min(begin + a_turn, count); ++i) { work(i); }
        }
    };
    std::vector<std::thread> others;
    if (count > a_turn) {
        const std::size_t threads = std::min(static_cast<std::size_t>(usable_processors()), (count + a_turn - 1) / a_turn);
        others.reserve(threads);
        try {
            while (others.size() + 1 < threads) { others.emplace_back(take_turns); }
        } catch (const std::system_error&) {
            // The threads that there are do it all.
        }
    }
    take_turns();
    for (std::thread& other : others) { other.join(); }
}

}  // namespace runlake::os
