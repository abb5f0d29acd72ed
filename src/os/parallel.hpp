// SPDX-License-Identifier: Apache-2.0
// Work that is the same for each of many things, spread over the processors.
#pragma once

#include <cstddef>
#include <functional>

namespace runlake::os {

// Runs work(i) once for each i below `count`, on the caller's thread and on as many others as there are turns of `a_turn` things for, at most `threads` in all or, without that,
// one a processor. Returns when all is done. `work` must not throw. Where the limit of processes allows no more threads, fewer do it.
void for_each_index(std::size_t count, std::size_t a_turn, const std::function<void(std::size_t)>& work);
void for_each_index(std::size_t count, std::size_t a_turn, std::size_t threads, const std::function<void(std::size_t)>& work);

// Calls `work`, which takes turns from what its callers share, on the caller's thread and on up to `threads` - 1 others at once; returns when all calls have. `work` must not
// throw. Where the limit of processes allows no more threads, fewer do it.
void on_threads(std::size_t threads, const std::function<void()>& work);

}  // namespace runlake::os
