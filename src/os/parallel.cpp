// SPDX-License-Identifier: Apache-2.0
#include "os/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "os/start_thread.hpp"
#include "os/system.hpp"

namespace runlake::os {

void for_each_index(std::size_t count, std::size_t a_turn, const std::function<void(std::size_t)>& work) {
    for_each_index(count, a_turn, static_cast<std::size_t>(usable_processors()), work);
}

void for_each_index(std::size_t count, std::size_t a_turn, std::size_t threads, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    const auto take_turns = [&] {
        for (std::size_t begin = next.fetch_add(a_turn); begin < count; begin = next.fetch_add(a_turn)) {
            for (std::size_t i = begin; i < std::min(begin + a_turn, count); ++i) { work(i); }
        }
    };
    on_threads(std::min(threads, (count + a_turn - 1) / a_turn), take_turns);
}

namespace {

// Joined also when memory runs out in the caller's own part.
struct Joined : std::vector<std::thread> {
    ~Joined() {
        for (std::thread& one : *this) { one.join(); }
    }
};

}  // namespace

void on_threads(std::size_t threads, const std::function<void()>& work) {
    Joined others;
    while (others.size() + 1 < threads) {
        auto other = start_thread(work);
        if (!other.ok()) { break; }
        others.push_back(std::move(other).take());
    }
    work();
}

}  // namespace runlake::os
