// SPDX-License-Identifier: Apache-2.0
// Two folders and the exchange between them, many times at random: nothing vanishes, nothing is overwritten unasked, and in the end both agree.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "sync/exchange.hpp"
#include "tests/support/random.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::sync {
namespace {

namespace fs = std::filesystem;
using Content = std::map<std::string, std::string>;

void write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

Content read(const std::string& root) {
    Content found;
    if (!fs::exists(root)) { return found; }
    for (auto entry = fs::recursive_directory_iterator(root); entry != fs::recursive_directory_iterator(); ++entry) {
        if (entry->path().filename() == ".runlake-sync") {
            entry.disable_recursion_pending();
        } else if (entry->is_regular_file()) {
            std::ifstream file(entry->path(), std::ios::binary);
            found[fs::relative(entry->path(), root).string()] = std::string(std::istreambuf_iterator<char>(file), {});
        }
    }
    return found;
}

core::Result<PairReport> sync_with(const std::string& here, const std::string& there, Mode mode) {
    const Pair pair{.name = "logs", .here = here, .comes_back = true, .database = "", .takes = [](std::string_view) { return true; }};
    const std::unique_ptr<Side> side = files_side(open_folder(there), here);
    return exchange(pair, *side, mode);
}

TEST(SyncTree, DigestsAreKeptAsLongAsTheStampIsTheSame) {
    const testing::TempDir folder;
    write(folder / "a/b", "one");
    const std::unique_ptr<Files> files = open_folder(folder.path());
    const PathFilter all = [](std::string_view) { return true; };
    auto tree = list_tree(*files, all);
    ASSERT_TRUE(tree.ok());
    std::vector<PassedOver> unread;
    const auto known = digest_tree(folder.path(), tree.value(), {}, unread);
    ASSERT_TRUE(known.ok());
    EXPECT_EQ(tree.value().files[0].digest, core::sha256("one"));
    // Believed, not read: another digest under the same stamp comes back.
    std::vector<Entry> false_one = known.value();
    false_one[0].digest = core::sha256("another");
    auto again = list_tree(*files, all);
    ASSERT_TRUE(digest_tree(folder.path(), again.value(), false_one, unread).ok());
    EXPECT_EQ(again.value().files[0].digest, core::sha256("another"));
    // Not believed when it was read in the tick of its last change.
    false_one[0].read_at_ns = again.value().files[0].attributes.stamp.newest_ns();
    ASSERT_TRUE(digest_tree(folder.path(), again.value(), false_one, unread).ok());
    EXPECT_EQ(again.value().files[0].digest, core::sha256("one"));
    EXPECT_TRUE(unread.empty());
}

// A law over random histories of three machines and one remote.
TEST(SyncProperty, NothingVanishesAndNothingIsOverwrittenUnasked) {
    testing::Random random;
    for (int round = 0; round < 12; ++round) {
        const testing::TempDir ground;
        const std::string there = ground / "there";
        fs::create_directories(there);
        std::vector<std::string> machines = {ground / "a", ground / "b", ground / "c"};
        for (const std::string& machine : machines) { fs::create_directories(machine); }
        std::map<std::string, int> writers;   // of each path, which machines ever wrote it, as bits
        int counter = 0;
        for (int step = 0; step < 25; ++step) {
            const std::size_t which = random.below(machines.size());
            const std::string& machine = machines[which];
            if (!random.chance(3)) {
                const std::string path = "run-" + std::to_string(random.below(3)) + "/file-" + std::to_string(random.below(4));
                write(machine + "/" + path, "content " + std::to_string(counter++));
                writers[path] |= 1 << which;
                continue;
            }
            const Content before_here = read(machine);
            const Content before_there = read(there);
            const Mode mode = random.pick(std::vector<Mode>{Mode::look, Mode::push, Mode::both});
            const auto report = sync_with(machine, there, mode);
            ASSERT_TRUE(report.ok()) << report.error().message();
            const Content after_here = read(machine);
            const Content after_there = read(there);
            for (const auto& [path, text] : before_there) { ASSERT_TRUE(after_there.contains(path)) << path; }
            for (const auto& [path, text] : before_here) { ASSERT_TRUE(after_here.contains(path)) << path; }
            if (mode == Mode::look) { ASSERT_EQ(before_there, after_there); }
            if (mode != Mode::both) { ASSERT_EQ(before_here, after_here); }
            // Every content is one that one of the sides had, and what is told to differ does, nothing else.
            std::size_t different = 0;
            for (const auto& [path, text] : after_there) {
                const bool was_there = before_there.contains(path) && before_there.at(path) == text;
                ASSERT_TRUE(was_there || (before_here.contains(path) && before_here.at(path) == text)) << path;
                different += after_here.contains(path) && after_here.at(path) == text ? 0 : 1;
            }
            for (const auto& [path, text] : after_here) { different += after_there.contains(path) ? 0 : 1; }
            ASSERT_EQ(report.value().drift.size(), different);
        }
        // In the end all have what only one machine ever wrote.
        for (int i = 0; i < 2; ++i) {
            for (const std::string& machine : machines) { ASSERT_TRUE(sync_with(machine, there, Mode::both).ok()); }
        }
        const Content last = read(there);
        for (const auto& [path, bits] : writers) {
            if ((bits & (bits - 1)) != 0) { continue; }
            for (const std::string& machine : machines) { EXPECT_EQ(read(machine)[path], last.at(path)) << path; }
        }
    }
}

}  // namespace
}  // namespace runlake::sync
