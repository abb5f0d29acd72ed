// SPDX-License-Identifier: Apache-2.0
// A folder that is filled under another name and appears whole, by one rename.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "os/fault.hpp"
#include "os/lease.hpp"

namespace runlake::lake {

// Points at which making, filling and publishing can fail.
struct FolderPoints {
    os::Point write;
    os::Point publish;
};

class StagedFolder {
  public:
    // Makes ".<name>.<random>.tmp" beside `target`, and the folders above it, and sweeps what killed programs left there. `target` is absolute.
    static core::Result<StagedFolder> make(const std::string& target, FolderPoints points);
    StagedFolder(StagedFolder&& other) noexcept;
    StagedFolder& operator=(StagedFolder&&) = delete;
    ~StagedFolder();  // what was not published goes away

    const std::string& path() const { return path_; }
    const std::string& target() const { return target_; }
    // Another name beside the first, for a folder whose name follows from what is in it.
    void rename_target(std::string target) { target_ = std::move(target); }

    // A new file with these bytes, folders above it made.
    core::Status write(const std::string& rel_path, std::string_view bytes);

    enum class Existing : std::uint8_t { refuse, replace };
    // Syncs the folders and gives the folder its name. refuse: Errc::conflict when the target exists. replace: it takes the target's place in one step and what was there is removed.
    core::Status publish(Existing existing);

  private:
    StagedFolder(std::unique_ptr<os::Lease> lease, std::string path, std::string target, FolderPoints points)
        : lease_(std::move(lease)), path_(std::move(path)), target_(std::move(target)), points_(points) {}
    core::Status sync_folders(const std::string& folder) const;

    std::unique_ptr<os::Lease> lease_;  // "<path>.lease": says that its maker lives; given back when the folder has gone
    std::string path_;                  // "" once published
    std::string target_;
    FolderPoints points_;
};

// Removes folders in `parent` that were being filled by programs that are surely gone, by their leases. What can't be removed stays for the next time.
void sweep_staged(const std::string& parent, FolderPoints points);

// Every file below a folder, relative, sorted by bytes. Links are listed as files.
core::Result<std::vector<std::string>> files_below(const std::string& folder);
// A file's SHA-256 and size, read piece by piece.
struct FileDigest {
    std::string sha256;
    std::uint64_t bytes = 0;
};
core::Result<FileDigest> digest_file(const std::string& path);

}  // namespace runlake::lake
