// SPDX-License-Identifier: Apache-2.0
// for_each_index: every thing once, and all done when it returns.
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "os/parallel.hpp"

namespace runlake::os {
namespace {

TEST(ParallelTest, EachIndexIsWorkedOnOnce) {
    for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 1000U}) {
        for (const std::size_t a_turn : {1U, 8U}) {
            std::vector<std::atomic<int>> times(count);
            for_each_index(count, a_turn, [&](std::size_t i) { ++times.at(i); });
            for (const auto& one : times) { EXPECT_EQ(one.load(), 1) << count << " by " << a_turn; }
        }
    }
}

TEST(ParallelTest, WorkMaySpreadItsOwn) {
    std::atomic<int> sum{0};
    for_each_index(10, 1, [&](std::size_t) { for_each_index(100, 10, [&](std::size_t) { ++sum; }); });
    EXPECT_EQ(sum.load(), 1000);
}

}  // namespace
}  // namespace runlake::os
