// SPDX-License-Identifier: Apache-2.0
// A temporary project folder with files in it, and its input fingerprint.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.hpp"
#include "fingerprint/input.hpp"
#include "os/files.hpp"
#include "os/stamp.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::testing {

// Waits until all that was written so far is older than the next tick of the clock that stamps files.
inline void let_files_age() {
    const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    while (!os::settle(now)) {}
}

class Files {
  public:
    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

    void write(const std::string& name, std::string_view text) const {
        std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
        std::ofstream(*this / name, std::ios::binary | std::ios::trunc) << text;
    }
    void folder(const std::string& name) const { std::filesystem::create_directories(*this / name); }
    void link(const std::string& target, const std::string& name) const {
        std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
        std::filesystem::create_symlink(target, *this / name);
    }
    void remove(const std::string& name) const { std::filesystem::remove_all(*this / name); }
    os::Stamp stamp(const std::string& name) const {
        const auto info = os::stat_path(*this / name);
        return info ? os::Stamp::of(*info) : os::Stamp{};
    }

    fingerprint::InputOptions options() const {
        fingerprint::InputOptions options;
        options.root = path_;
        options.working_dir = path_;
        return options;
    }
    core::Result<fingerprint::InputReport> report(const std::vector<std::string>& inputs) const { return fingerprint::input_fingerprint(inputs, options()); }
    // The whole fingerprint; a failed test when there is none.
    std::string fingerprint(const std::vector<std::string>& inputs) const {
        auto found = report(inputs);
        EXPECT_TRUE(found.ok()) << (found.ok() ? "" : found.error().message());
        return found.ok() ? found.value().fingerprint : "";
    }
    // Of one input, without its name.
    std::string content(const std::string& input) const {
        auto found = report({input});
        EXPECT_TRUE(found.ok()) << (found.ok() ? "" : found.error().message());
        return found.ok() ? found.value().inputs.front().fingerprint.value_or("") : "";
    }

  private:
    TempDir dir_;
    std::string path_ = std::filesystem::canonical(dir_.path());
};

}  // namespace runlake::testing
