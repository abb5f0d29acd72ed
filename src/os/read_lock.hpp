// SPDX-License-Identifier: Apache-2.0
// The lock that DuckDB takes on its file, as another program sees it. Leases are ours; this one is for a file that others write.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "os/files.hpp"

namespace runlake::os {

// While it lives, whoever opens the file to write, and asks for the lock first, is refused.
class ReadLock {
  public:
    // Nothing when a writer holds it. not_found, io.
    static core::Result<std::optional<ReadLock>> try_take(const std::string& path);

  private:
    explicit ReadLock(Fd file) : file_(std::move(file)) {}
    Fd file_;
};

}  // namespace runlake::os
