// SPDX-License-Identifier: Apache-2.0
// A folder to write the files of a source into, and what a lake says of problems in them.
#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/temp_dir.hpp"
#include "tests/unit/lake/small_lake.hpp"

namespace runlake::lake::testing {

class SourceFiles : public ::testing::Test {
  protected:
    std::string at(const std::string& rel) const { return root_ + "/" + rel; }
    void file(const std::string& rel, const std::string& text) const {
        std::filesystem::create_directories(std::filesystem::path(at(rel)).parent_path());
        std::ofstream(at(rel), std::ios::binary) << text;
    }
    SmallLake lake() const { return fill_lake({root_}); }
    // "path:line message", warnings with a "~" in front.
    static std::vector<std::string> told(const SmallLake& lake) {
        std::vector<std::string> out;
        for (const auto& [source, problem] : lake.problems) {
            out.push_back((problem.is_warning ? "~" : "") + problem.rel_path + ":" + (problem.line ? std::to_string(*problem.line) : "") + " " + problem.message);
        }
        return out;
    }

    runlake::testing::TempDir folder_;
    std::string root_ = std::filesystem::canonical(folder_.path()).string() + "/root";
};

}  // namespace runlake::lake::testing
