// SPDX-License-Identifier: Apache-2.0
// The block in a file of the user's: nothing outside of it is ever touched.
#include "ops/install_text.hpp"

#include <gtest/gtest.h>

namespace runlake::ops {
namespace {

const Block k_block{"# b", "# e", "one\ntwo\n"};

std::string with(std::string_view file) {
    auto text = with_block(file, k_block);
    EXPECT_TRUE(text.ok()) << (text.ok() ? "" : text.error().message());
    return text.ok() ? std::move(text).take() : "";
}

TEST(InstallText, TheBlockGoesToTheEndAfterABlankLine) {
    EXPECT_EQ(with(""), "# b\none\ntwo\n# e\n");
    EXPECT_EQ(with("a\n"), "a\n\n# b\none\ntwo\n# e\n");
    EXPECT_EQ(with("a"), "a\n\n# b\none\ntwo\n# e\n");
    EXPECT_EQ(with("a\n\n"), "a\n\n# b\none\ntwo\n# e\n");
    EXPECT_EQ(with("a\r\nb\r\n"), "a\r\nb\r\n\r\n# b\r\none\r\ntwo\r\n# e\r\n");
}

TEST(InstallText, OnlyWhatIsBetweenTheMarkersIsReplaced) {
    EXPECT_EQ(with("x\n# b\nold\n# e\n  y\n"), "x\n# b\none\ntwo\n# e\n  y\n");
    EXPECT_EQ(with("# b\n# e"), "# b\none\ntwo\n# e\n");
    EXPECT_EQ(with("x\r\n# b\r\n# e\r\ny\n"), "x\r\n# b\r\none\r\ntwo\r\n# e\r\ny\n");
    for (const std::string_view file : {"", "a", "x\n# b\nold\n# e\n  y\n", "a\r\n"}) { EXPECT_EQ(with(with(file)), with(file)); }
}

TEST(InstallText, MarkersThatDoNotPairAreRefused) {
    for (const std::string_view file : {"# b\n", "# e\n", "# e\n# b\n", "# b\n# b\n# e\n", "# b\n# e\n# e\n", "# b\n# e\n# b\n# e\n"}) {
        EXPECT_EQ(with_block(file, k_block).error().code(), core::Errc::conflict) << file;
    }
}

TEST(InstallText, LinesThatHideTheFolder) {
    for (const std::string_view line : {".runlake", ".runlake/", "/.runlake", "**/.runlake/", "  .runlake/ # old", ".runlake/**", ".runlake/\r"}) {
        EXPECT_EQ(lines_that_hide(std::string("a\n") + std::string(line) + "\nb\n", ".runlake").size(), 1U) << line;
    }
    for (const std::string_view line : {".runlake/*", "!.runlake/", "# .runlake", ".runlake/ledger", "x.runlake", ".runlakes"}) {
        EXPECT_TRUE(lines_that_hide(line, ".runlake").empty()) << line;
    }
    EXPECT_EQ(lines_that_hide("a\n.runlake\n", ".runlake")[0].number, 2U);
}

}  // namespace
}  // namespace runlake::ops
