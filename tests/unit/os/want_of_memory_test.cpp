// SPDX-License-Identifier: Apache-2.0
// What ends a program whose memory runs out in a thread, and how much a limit leaves.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <new>
#include <stdexcept>
#include <thread>

#include "os/want_of_memory.hpp"

namespace runlake::os {
namespace {

template <typename Thrown>
void throw_in_a_thread(const Thrown& thrown) {
    prepare_for_want_of_memory();
    std::thread([&] { throw thrown; }).join();
}

TEST(WantOfMemoryDeathTest, EndsWithItsStatusInWhateverThread) { EXPECT_EXIT(throw_in_a_thread(std::bad_alloc()), testing::ExitedWithCode(8), "^runlake: out of memory: .*\n$"); }

TEST(WantOfMemoryDeathTest, AnyOtherExceptionAborts) { EXPECT_EXIT(throw_in_a_thread(std::runtime_error("a defect")), testing::KilledBySignal(SIGABRT), "a defect"); }

// As large as any address space, so that it holds under the sanitizers, too.
constexpr std::uint64_t k_limit = std::uint64_t{1} << 47U;

[[noreturn]] void look_under_a_limit() {
    const rlimit limit{.rlim_cur = k_limit, .rlim_max = k_limit};
    if (::setrlimit(RLIMIT_AS, &limit) != 0) { std::_Exit(1); }
    const auto refused = has_address_space(k_limit, "building");
    const bool is_refused = !refused.ok() && refused.error().code() == core::Errc::io && refused.error().message().starts_with("building: the limit of address space (ulimit -v) leaves ");
    std::_Exit(is_refused && has_address_space(0, "building").ok() ? 0 : 2);
}

TEST(WantOfMemoryDeathTest, ALimitOfAddressSpaceLeavesLess) {
    EXPECT_TRUE(has_address_space(UINT64_MAX, "building").ok());
    EXPECT_EXIT(look_under_a_limit(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace runlake::os
