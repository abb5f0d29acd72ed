// SPDX-License-Identifier: Apache-2.0
// A temporary folder that goes with the test.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace runlake::testing {

class TempDir {
  public:
    TempDir() {
        const char* base = ::getenv("TMPDIR");
        path_ = std::string(base == nullptr ? "/tmp" : base) + "/runlake-test-XXXXXX";
        if (::mkdtemp(path_.data()) == nullptr) { ::abort(); }
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

}  // namespace runlake::testing
