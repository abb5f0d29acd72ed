// SPDX-License-Identifier: Apache-2.0
// Loading libraries at first use.
#include "os/shared_library.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runlake::os {
namespace {

TEST(SharedLibraryTest, LoadsTheFirstThatIsThere) {
    const core::Result<SharedLibrary> library = SharedLibrary::load({"/nowhere/libnothing.so", "libm.so.6"});
    ASSERT_TRUE(library.ok()) << library.error().message();
    const core::Result<void*> cosine = library.value().symbol("cos");
    ASSERT_TRUE(cosine.ok());
    EXPECT_EQ(reinterpret_cast<double (*)(double)>(cosine.value())(0.0), 1.0);
    const core::Result<void*> none = library.value().symbol("no_such_symbol_anywhere");
    ASSERT_FALSE(none.ok());
    EXPECT_EQ(none.error().code(), core::Errc::unsupported);
}

TEST(SharedLibraryTest, NamesEachOneTriedAndWhy) {
    const core::Result<SharedLibrary> library = SharedLibrary::load({"/nowhere/liba.so", "libnothing-b.so.9"});
    ASSERT_FALSE(library.ok());
    EXPECT_EQ(library.error().code(), core::Errc::unsupported);
    EXPECT_THAT(library.error().message(), ::testing::AllOf(::testing::HasSubstr("/nowhere/liba.so"), ::testing::HasSubstr("libnothing-b.so.9"),
                                                            ::testing::HasSubstr("No such file")));
    EXPECT_FALSE(SharedLibrary::load({}).ok());
}

}  // namespace
}  // namespace runlake::os
