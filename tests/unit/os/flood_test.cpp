// SPDX-License-Identifier: Apache-2.0
// Output without end becomes its beginning and its end.
#include "os/flood.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace runlake::os {
namespace {

class FloodTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "floodXXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        path_ = folder_ + "/out";
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    // Lines that tell where they are, so that what stays is known.
    void write_lines(std::uint64_t bytes) {
        auto file = create_exclusive(path_, 0644, point::replay_output_write);
        ASSERT_TRUE(file.ok());
        std::string chunk;
        for (std::uint64_t at = 0; at < bytes; at += 16) {
            std::string line = std::to_string(at);
            line.resize(15, '.');
            chunk += line + "\n";
            if (chunk.size() == 1U << 20U || at + 16 >= bytes) {
                ASSERT_TRUE(write_all(file.value().get(), chunk, point::replay_output_write, path_).ok());
                chunk.clear();
            }
        }
    }
    std::string folder_;
    std::string path_;
};

TEST_F(FloodTest, UpToTheBoundNothingHappens) {
    write_lines(k_flood_bytes);
    const auto file = open_read(path_);
    Flood flood(file.value().get());
    flood.thin();
    const auto cut = shorten_flood(path_, point::replay_output_keep);
    ASSERT_TRUE(cut.ok());
    EXPECT_FALSE(cut.value());
    EXPECT_EQ(std::filesystem::file_size(path_), k_flood_bytes);
}

TEST_F(FloodTest, BeyondItTheEndsStayAndTheRestIsCounted) {
    const std::uint64_t size = k_flood_bytes + 1600;
    write_lines(size);
    const auto cut = shorten_flood(path_, point::replay_output_keep);
    ASSERT_TRUE(cut.ok());
    EXPECT_TRUE(cut.value());
    const std::string text = read_file(path_).value_or("");
    EXPECT_TRUE(text.starts_with("0..............\n16.............\n"));
    std::string last = std::to_string(size - 16);
    last.resize(15, '.');
    EXPECT_TRUE(text.ends_with(last + "\n"));
    const std::string mark = "\n[runlake: cut here; " + std::to_string(size - 2 * k_flood_end_bytes) + " of " + std::to_string(size) + " bytes are left out]\n";
    EXPECT_EQ(text.find(mark), k_flood_end_bytes);
    EXPECT_EQ(text.size(), 2 * k_flood_end_bytes + mark.size());
    EXPECT_FALSE(std::filesystem::exists(path_ + ".part"));
}

TEST_F(FloodTest, WhileItIsWrittenItsMiddleTakesNoPlace) {
    write_lines(k_flood_bytes + (8U << 20U));
    {
        auto file = open_append(path_, point::replay_output_write);
        Flood flood(file.value().get());
        flood.thin();
        ASSERT_TRUE(write_all(file.value().get(), std::string(4U << 20U, 'x'), point::replay_output_write, path_).ok());
        flood.thin();
    }
    struct stat info {};
    ASSERT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_EQ(static_cast<std::uint64_t>(info.st_size), k_flood_bytes + (12U << 20U));
    if (static_cast<std::uint64_t>(info.st_blocks) * 512 > k_flood_bytes) { GTEST_SKIP() << "this file system can't give back a part of a file"; }
    EXPECT_LT(static_cast<std::uint64_t>(info.st_blocks) * 512, 3 * k_flood_end_bytes);
    ASSERT_TRUE(shorten_flood(path_, point::replay_output_keep).value_or(false));
    const std::string text = read_file(path_).value_or("");
    EXPECT_TRUE(text.starts_with("0..............\n"));
    EXPECT_TRUE(text.ends_with(std::string(k_flood_end_bytes, 'x')));
}

}  // namespace
}  // namespace runlake::os
