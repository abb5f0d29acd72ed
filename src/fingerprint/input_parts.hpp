// SPDX-License-Identifier: Apache-2.0
// What the parts of input_fingerprint() hand to each other. For sources of this module only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.hpp"
#include "fingerprint/file_hash.hpp"
#include "fingerprint/glob.hpp"
#include "os/stamp.hpp"

namespace runlake::fingerprint {

// Every file whose content is needed, each once, however many inputs name it.
class FileList {
  public:
    // Looks the file up (links followed). not_found when it is gone, unsupported when it is no regular file.
    core::Result<std::size_t> add(const std::string& path, const struct stat& info);
    const std::vector<FileToHash>& files() const { return files_; }

  private:
    std::vector<FileToHash> files_;
    std::unordered_map<std::string, std::size_t> by_path_;
};

enum class MemberKind : std::uint8_t { folder, file, link };

// One thing inside a folder. `path` is relative to it.
struct Member {
    std::string path;
    MemberKind kind = MemberKind::file;
    std::size_t file = 0;      // in the FileList
    std::string target;        // of a link that is not followed
};

// A folder that was listed, to be looked at again when all is read.
struct Listed {
    std::string path;
    os::Stamp stamp;
};

// Everything below a folder, sorted by the bytes of its path; ".git", ".runlake" and ".runs" are passed over. A link that leads out of the folder is
// followed, one that stays inside, leads nowhere or leads in a circle counts by where it points.
core::Result<std::vector<Member>> walk_folder(const std::string& path, FileList& files, std::vector<Listed>& listed, const std::function<bool()>& stop);

// "a pipe", "a socket", ... for messages.
std::string_view special_name(std::uint32_t mode);

}  // namespace runlake::fingerprint
