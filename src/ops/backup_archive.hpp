// SPDX-License-Identifier: Apache-2.0
// A backup as a folder or a tar file: members, and last their manifest with a digest each (docs/formats/backup.md).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/result.hpp"
#include "os/files.hpp"

namespace runlake::ops {

inline constexpr std::string_view k_backup_format = "runlake.backup";
inline constexpr std::int64_t k_backup_version = 1;
inline constexpr std::string_view k_manifest_name = "manifest.json";

struct BackupMember {
    std::string path;           // relative, of plain names joined by '/'
    std::uint64_t bytes = 0;
    std::string sha256;
};

// Whether a member's path may be written below a folder: relative, no empty, "." or ".." part, no backslash or control character, at most 255 bytes.
bool is_safe_member(std::string_view path);

// Writes to a temporary name beside the target; nothing is at the target before finish(), and it is never overwritten. What was written is removed when the object goes without finish().
class BackupWriter {
  public:
    // A tar file when the name ends in ".tar", else a folder. Errc::conflict: the target exists.
    static core::Result<std::unique_ptr<BackupWriter>> create(const std::string& target);
    virtual ~BackupWriter() = default;
    // Copies `bytes` bytes of an open file from its beginning.
    core::Status add_file(const std::string& path, int fd, std::uint64_t bytes);
    core::Status add_text(const std::string& path, std::string_view text);
    // Writes the manifest, syncs, and puts the backup under its name.
    core::Status finish(std::string_view made_at);
    const std::vector<BackupMember>& members() const { return members_; }

  protected:
    virtual core::Status begin_member(const std::string& path, std::uint64_t bytes) = 0;
    virtual core::Status write(std::string_view bytes) = 0;
    virtual core::Status end_member(std::uint64_t bytes) = 0;
    virtual core::Status publish() = 0;

  private:
    std::vector<BackupMember> members_;
};

// Reads a backup of either form. Every read of a member checks its digest.
class BackupReader {
  public:
    // Reads the manifest. Errc::not_found: nothing there; Errc::corrupt: no backup, or damaged; Errc::unsupported: of a newer version.
    static core::Result<std::unique_ptr<BackupReader>> open(const std::string& source);
    virtual ~BackupReader() = default;
    const std::vector<BackupMember>& members() const { return members_; }
    // Gives the bytes of a member in pieces. Errc::corrupt when it is missing, or its length or digest is not that of the manifest: then all that was given is void.
    core::Status read(const BackupMember& member, const std::function<core::Status(std::string_view)>& each) const;

  protected:
    struct Found {
        os::Fd file;
        std::uint64_t offset = 0;
        std::uint64_t bytes = 0;
    };
    virtual core::Result<Found> find(const std::string& path) const = 0;
    core::Status read_manifest(const std::string& source);

  private:
    std::vector<BackupMember> members_;
};

}  // namespace runlake::ops
