// SPDX-License-Identifier: Apache-2.0
// Errors as values: the table of codes, passing on, and what must abort or not compile.
#include "core/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace runlake::core {
namespace {

constexpr Errc k_all[] = {Errc::usage,       Errc::not_found, Errc::conflict, Errc::busy,       Errc::corrupt,
                          Errc::unsupported, Errc::io,        Errc::internal, Errc::interrupted};

TEST(Errc, HasTheExitStatusesOfTheDesign) {
    const int expected[] = {2, 3, 4, 5, 6, 7, 8, 70, 130};
    for (std::size_t i = 0; i < std::size(k_all); ++i) { EXPECT_EQ(exit_status(k_all[i]), expected[i]); }
}

TEST(Errc, HasANameOfItsOwnEach) {
    std::set<std::string_view> names;
    for (const Errc code : k_all) { names.insert(errc_name(code)); }
    EXPECT_EQ(names.size(), std::size(k_all));
    EXPECT_EQ(errc_name(Errc::not_found), "not_found");
    EXPECT_EQ(errc_name(Errc::io), "io");
}

TEST(Errc, AnUnknownValueIsInternal) {
    EXPECT_EQ(exit_status(static_cast<Errc>(200)), 70);
    EXPECT_EQ(errc_name(static_cast<Errc>(200)), "internal");
}

TEST(Error, TakesContextInFront) {
    const Error error = Error(Errc::io, "no space left").context("writing x").context("recording");
    EXPECT_EQ(error.message(), "recording: writing x: no space left");
    EXPECT_EQ(error.code(), Errc::io);
}

Result<int> half(int n) {
    if (n % 2 != 0) { return Error(Errc::usage, "odd"); }
    return n / 2;
}

Result<std::string> quarter(int n) {
    RL_ASSIGN(const int once, half(n));
    RL_ASSIGN(auto twice, half(once));
    return std::to_string(twice);
}

Status check(int n) {
    RL_TRY(half(n));
    return ok();
}

TEST(Result, PassesValuesAndErrorsOn) {
    auto good = quarter(8);
    ASSERT_TRUE(good.ok());
    EXPECT_EQ(good.value(), "2");
    auto bad = quarter(6);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().message(), "odd");
    EXPECT_TRUE(check(2).ok());
    EXPECT_FALSE(check(1).ok());
}

TEST(Result, HoldsWhatCannotBeCopied) {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
    ASSERT_TRUE(result.ok());
    const std::unique_ptr<int> taken = std::move(result).take();
    EXPECT_EQ(*taken, 7);
}

TEST(Result, FallsBack) {
    EXPECT_EQ(half(3).value_or(-1), -1);
    EXPECT_EQ(half(4).value_or(-1), 2);
}

TEST(ResultDeathTest, ReadingTheWrongSideAborts) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    Result<int> bad = Error(Errc::io, "x");
    Result<int> good = 1;
    EXPECT_DEATH((void)bad.value(), "");
    EXPECT_DEATH((void)good.error(), "");
}

}  // namespace
}  // namespace runlake::core
