// SPDX-License-Identifier: Apache-2.0
// What a program's file tells of knobs that nothing in it reads; of files that are no whole program nothing is told.
#include "replay/static_program.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "os/files.hpp"

namespace runlake::replay {
namespace {

std::string bytes_of(const void* from, std::size_t size) { return {static_cast<const char*>(from), size}; }

// An executable with one segment of this kind, and this text behind it.
std::string program(std::uint32_t segment, const std::string& text) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_type = ET_EXEC;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    Elf64_Phdr program{};
    program.p_type = segment;
    return bytes_of(&header, sizeof header) + bytes_of(&program, sizeof program) + text;
}

class StaticProgram : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "staticXXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    std::vector<std::string> knobs(const std::string& bytes) const {
        std::ofstream(folder_ + "/prog", std::ios::binary) << bytes;
        return knobs_never_read(folder_ + "/prog");
    }
    std::string folder_;
};

bool has(const std::vector<std::string>& names, const std::string& name) { return std::ranges::find(names, name) != names.end(); }

TEST_F(StaticProgram, WhatIsNotInItsFileIsNotRead) {
    EXPECT_EQ(knobs(program(PT_LOAD, "nothing")).size(), 7U);
    const auto with_openmp = knobs(program(PT_LOAD, std::string(3U << 20U, 'x') + "GOMP_CPU_AFFINITY"));
    EXPECT_FALSE(has(with_openmp, "OMP_NUM_THREADS"));
    EXPECT_FALSE(has(with_openmp, "OMP_DYNAMIC"));
    EXPECT_TRUE(has(with_openmp, "python_hash_secret"));
}

TEST_F(StaticProgram, AWordThatLiesAcrossTwoReadingsIsSeen) {
    const std::size_t head = program(PT_LOAD, "").size();
    for (const std::size_t before : {1U, 7U, 14U}) {
        EXPECT_FALSE(has(knobs(program(PT_LOAD, std::string((1U << 20U) - head - before, 'x') + "PYTHONHASHSEED")), "python_hash_secret")) << before;
    }
}

TEST_F(StaticProgram, OthersAreAskedInThemselves) {
    EXPECT_TRUE(knobs(program(PT_INTERP, "")).empty());
    EXPECT_TRUE(knobs("#!/bin/sh\n").empty());
    EXPECT_TRUE(knobs("").empty());
    EXPECT_TRUE(knobs_never_read("/bin/sh").empty());
    EXPECT_TRUE(knobs_never_read(folder_ + "/none").empty());
}

TEST_F(StaticProgram, NoDamagedHeaderIsBelieved) {
    const std::string whole = program(PT_LOAD, "");
    for (std::size_t size = 0; size < whole.size(); ++size) { EXPECT_TRUE(knobs(whole.substr(0, size)).empty()) << size; }
    Elf64_Ehdr header{};
    std::memcpy(&header, whole.data(), sizeof header);
    for (const std::uint64_t offset : {~std::uint64_t{0}, std::uint64_t{1} << 62U}) {
        header.e_phoff = offset;
        EXPECT_TRUE(knobs(bytes_of(&header, sizeof header) + whole.substr(sizeof header)).empty());
    }
    header.e_phoff = sizeof header;
    header.e_phnum = 0xffff;
    EXPECT_TRUE(knobs(bytes_of(&header, sizeof header) + whole.substr(sizeof header)).empty());
}

}  // namespace
}  // namespace runlake::replay
