// SPDX-License-Identifier: Apache-2.0
// Links in folders: inside by where they point, outside by what they lead to, circles end.
#include "tests/unit/fingerprint/files.hpp"

namespace runlake::testing {
namespace {

TEST(InputLinks, AnInputThatIsALinkIsFollowed) {
    const Files files;
    files.write("a", "1");
    files.link("a", "l");
    EXPECT_EQ(files.content("l"), files.content("a"));
    files.write("d/x", "1");
    files.link("d", "m");
    EXPECT_EQ(files.content("m"), files.content("d"));
}

TEST(InputLinks, InsideTheFolderByWhereTheyPoint) {
    const Files files;
    const Files moved;
    for (const Files* each : {&files, &moved}) {
        each->write("d/a", "1");
        each->write("d/b", "1");
    }
    files.link("a", "d/l");
    moved.link(moved / "d/a", "d/l");
    EXPECT_EQ(files.content("d"), moved.content("d")) << "relative or absolute, wherever the folder lies";
    const std::string before = files.content("d");
    files.remove("d/l");
    files.link("b", "d/l");
    EXPECT_NE(files.content("d"), before);
    files.remove("d/l");
    files.write("d/l", "1");
    EXPECT_NE(files.content("d"), before) << "a copy is no link";
}

TEST(InputLinks, OutOfTheFolderTheirContentCounts) {
    const Files files;
    files.write("blobs/1", "one");
    files.write("blobs/deep/2", "two");
    files.link("../blobs/1", "d/file");
    files.link("../blobs/deep", "d/folder");
    const std::string before = files.content("d");
    files.write("blobs/1", "ONE");
    const std::string changed = files.content("d");
    EXPECT_NE(changed, before);
    files.write("blobs/deep/2", "TWO");
    EXPECT_NE(files.content("d"), changed);
}

TEST(InputLinks, DanglingLinksCountByTheirText) {
    const Files files;
    files.link("nowhere", "d/l");
    const std::string before = files.content("d");
    files.remove("d/l");
    files.link("elsewhere", "d/l");
    EXPECT_NE(files.content("d"), before);
    files.link("nowhere", "top");
    EXPECT_EQ(files.report({"top"}).error().code(), core::Errc::not_found) << "an input that leads nowhere is absent";
}

TEST(InputLinks, CirclesEnd) {
    const Files files;
    files.write("d/a", "1");
    files.link(".", "d/self");
    files.link("..", "d/up");
    files.link("y", "d/x");
    files.link("x", "d/y");
    files.write("out/b", "2");
    files.link("../d", "out/back");
    files.link("../out", "out/again");
    files.link("../out", "d/out");
    const std::string before = files.content("d");
    EXPECT_EQ(files.content("d"), before);
    files.write("out/b", "3");
    EXPECT_NE(files.content("d"), before);
    EXPECT_EQ(files.report({"d/x"}).ok(), false) << "as an input of its own it leads nowhere";
}

TEST(InputLinks, LinksToDevicesAreRefused) {
    const Files files;
    files.link("/dev/zero", "d/l");
    EXPECT_EQ(files.report({"d"}).error().code(), core::Errc::unsupported);
}

}  // namespace
}  // namespace runlake::testing
