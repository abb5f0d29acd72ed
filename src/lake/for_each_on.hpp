// SPDX-License-Identifier: Apache-2.0
// The same work for each of many things, on as many threads as were asked for.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>

#include "os/parallel.hpp"

namespace runlake::lake {

// Runs work(i) once for each i below `count`, on the caller's thread and on up to `threads` - 1 others; returns when all is done.
inline void for_each_on(unsigned threads, std::size_t count, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    os::on_threads(std::min<std::size_t>(std::max(1U, threads), count), [&] {
        for (std::size_t i = next++; i < count; i = next++) { work(i); }
    });
}

}  // namespace runlake::lake
