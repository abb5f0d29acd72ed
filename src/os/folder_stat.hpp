// SPDX-License-Identifier: Apache-2.0
// Looking at many files of few folders: each folder's path is walked once.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "os/files.hpp"

namespace runlake::os {

// Keeps the folder of the last path open. One thread at a time.
class FolderStat {
  public:
    // As stat_path(): what a path leads to, links followed; nothing where that fails, with errno. A folder that is renamed between two looks is still looked into.
    std::optional<struct stat> look(const std::string& path);

  private:
    Fd folder_;
    std::string name_;  // of the open folder
};

}  // namespace runlake::os
