// SPDX-License-Identifier: Apache-2.0
// The two forms of a backup. The tar is POSIX ustar with regular files alone, so that any tar can list and unpack it.
#include "ops/backup_archive.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include "core/json.hpp"
#include "core/json_lists.hpp"
#include "core/text.hpp"

namespace runlake::ops {

using core::cat;
using core::Errc;
using core::Error;

namespace {

constexpr std::size_t k_tar_block = 512;
constexpr std::size_t k_piece = std::size_t{1} << 18U;
constexpr std::uint64_t k_most_manifest = std::uint64_t{256} << 20U;
constexpr std::uint64_t k_most_tar_member = (std::uint64_t{1} << 33U) - 1;  // eleven octal digits

// Offsets and sizes of ustar's header fields.
constexpr std::size_t k_name = 0;
constexpr std::size_t k_name_size = 100;
constexpr std::size_t k_mode = 100;
constexpr std::size_t k_size = 124;
constexpr std::size_t k_sum = 148;
constexpr std::size_t k_type = 156;
constexpr std::size_t k_magic = 257;

void put_octal(std::string& block, std::size_t at, std::size_t digits, std::uint64_t value) {
    for (std::size_t i = digits; i-- > 0; value >>= 3U) { block[at + i] = static_cast<char>('0' + (value & 7U)); }
}

std::uint64_t header_sum(std::string_view block) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < k_tar_block; ++i) { sum += i >= k_sum && i < k_sum + 8 ? ' ' : static_cast<unsigned char>(block[i]); }
    return sum;
}

std::string tar_header(std::string_view path, std::uint64_t bytes) {
    std::string block(k_tar_block, '\0');
    block.replace(k_name, path.size(), path);
    block.replace(k_mode, 7, "0000644");
    put_octal(block, 108, 7, 0);  // owner
    put_octal(block, 116, 7, 0);  // group
    put_octal(block, k_size, 11, bytes);
    put_octal(block, 136, 11, 0);  // time: none, so that equal stores give equal bytes
    block[k_type] = '0';
    block.replace(k_magic, 8, std::string_view("ustar\00000", 8));
    put_octal(block, k_sum, 6, header_sum(block));
    block[k_sum + 6] = '\0';
    block[k_sum + 7] = ' ';
    return block;
}

core::Result<std::uint64_t> read_octal(std::string_view digits) {
    std::uint64_t value = 0;
    bool any = false;
    for (const char c : digits) {
        if (c == '\0' || c == ' ') { break; }
        if (c < '0' || c > '7') { return Error(Errc::corrupt, "a header of the tar file has a size that is no number"); }
        value = value << 3U | static_cast<std::uint64_t>(c - '0');
        any = true;
    }
    if (!any) { return Error(Errc::corrupt, "a header of the tar file has no size"); }
    return value;
}

core::Result<std::size_t> read_at(int fd, char* out, std::size_t size, std::uint64_t offset) {
    while (true) {
        const ssize_t got = ::pread(fd, out, size, static_cast<off_t>(offset));
        if (got >= 0) { return static_cast<std::size_t>(got); }
        if (errno != EINTR) { return os::system_error(errno, "reading", "a file of the backup"); }
    }
}

// A folder <target>.part-<pid>, renamed when it is whole.
class FolderWriter final : public BackupWriter {
  public:
    FolderWriter(std::string target, std::string part) : target_(std::move(target)), part_(std::move(part)) {}
    ~FolderWriter() override {
        if (!published_) { static_cast<void>(os::remove_tree(part_, os::point::backup_write).ok()); }
    }

  protected:
    core::Status begin_member(const std::string& path, std::uint64_t) override {
        name_ = part_ + "/" + path;
        const std::string folder = os::parent_path(name_);
        RL_TRY(os::make_dirs(folder, 0755, os::point::backup_write));
        for (std::string at = folder; at.size() >= part_.size(); at = os::parent_path(at)) { folders_.insert(folders_.end(), at); }
        RL_ASSIGN(file_, os::create_exclusive(name_, 0644, os::point::backup_write));
        return core::ok();
    }
    core::Status write(std::string_view bytes) override { return os::write_all(file_.get(), bytes, os::point::backup_write, name_); }
    core::Status end_member(std::uint64_t) override {
        RL_TRY(os::sync_file(file_.get(), os::point::backup_write, name_));
        file_ = os::Fd();
        return core::ok();
    }
    core::Status publish() override {
        std::sort(folders_.begin(), folders_.end());
        folders_.erase(std::unique(folders_.begin(), folders_.end()), folders_.end());
        for (const std::string& folder : folders_) { RL_TRY(os::sync_dir(folder, os::point::backup_write)); }
        RL_TRY(os::rename_exclusive(part_, target_, os::point::backup_publish));
        published_ = true;
        return os::sync_dir(os::parent_path(target_), os::point::backup_publish);
    }

  private:
    std::string target_;
    std::string part_;
    std::string name_;
    os::Fd file_;
    std::vector<std::string> folders_;
    bool published_ = false;
};

class TarWriter final : public BackupWriter {
  public:
    TarWriter(std::string target, std::string part, os::Fd file) : target_(std::move(target)), part_(std::move(part)), file_(std::move(file)) {}
    ~TarWriter() override {
        if (!published_) { static_cast<void>(os::remove_file(part_, os::point::backup_write).ok()); }
    }

  protected:
    core::Status begin_member(const std::string& path, std::uint64_t bytes) override {
        if (path.size() >= k_name_size) { return Error(Errc::unsupported, cat("writing ", part_, ": the name ", path, " is too long for a tar file; back up to a folder")); }
        if (bytes > k_most_tar_member) { return Error(Errc::unsupported, cat("writing ", part_, ": ", path, " is too large for a tar file; back up to a folder")); }
        return write(tar_header(path, bytes));
    }
    core::Status write(std::string_view bytes) override { return os::write_all(file_.get(), bytes, os::point::backup_write, part_); }
    core::Status end_member(std::uint64_t bytes) override {
        const std::size_t over = bytes % k_tar_block;
        return over == 0 ? core::ok() : write(std::string(k_tar_block - over, '\0'));
    }
    core::Status publish() override {
        RL_TRY(write(std::string(2 * k_tar_block, '\0')));
        RL_TRY(os::sync_file(file_.get(), os::point::backup_write, part_));
        RL_TRY(os::rename_exclusive(part_, target_, os::point::backup_publish));
        published_ = true;
        return os::sync_dir(os::parent_path(target_), os::point::backup_publish);
    }

  private:
    std::string target_;
    std::string part_;
    os::Fd file_;
    bool published_ = false;
};

class FolderReader final : public BackupReader {
  public:
    static core::Result<std::unique_ptr<BackupReader>> open(const std::string& source) {
        auto reader = std::make_unique<FolderReader>();
        reader->source_ = source;
        RL_TRY(reader->read_manifest(source));
        return std::unique_ptr<BackupReader>(std::move(reader));
    }

  protected:
    core::Result<Found> find(const std::string& path) const override {
        const std::string name = source_ + "/" + path;
        const auto info = os::stat_link(name);
        if (!info || !S_ISREG(info->st_mode)) { return Error(Errc::corrupt, cat("reading backup ", source_, ": ", path, " is missing")); }
        RL_ASSIGN(auto file, os::open_read(name));
        return Found{std::move(file), 0, static_cast<std::uint64_t>(info->st_size)};
    }

  private:
    std::string source_;
};

class TarReader final : public BackupReader {
  public:
    static core::Result<std::unique_ptr<BackupReader>> open(const std::string& source) {
        auto reader = std::make_unique<TarReader>();
        reader->source_ = source;
        auto indexed = reader->index();
        if (!indexed.ok()) { return std::move(indexed).take_error().context(cat("reading backup ", source)); }
        RL_TRY(reader->read_manifest(source));
        return std::unique_ptr<BackupReader>(std::move(reader));
    }

  protected:
    core::Result<Found> find(const std::string& path) const override {
        const auto found = index_.find(path);
        if (found == index_.end()) { return Error(Errc::corrupt, cat("reading backup ", source_, ": ", path, " is missing")); }
        RL_ASSIGN(auto file, os::open_read(source_));
        return Found{std::move(file), found->second.first, found->second.second};
    }

  private:
    core::Status index() {
        RL_ASSIGN(const os::Fd file, os::open_read(source_));
        std::uint64_t offset = 0;
        std::string block(k_tar_block, '\0');
        while (true) {
            RL_ASSIGN(const std::size_t got, read_at(file.get(), block.data(), k_tar_block, offset));
            if (got < k_tar_block) { return Error(Errc::corrupt, "the tar file ends too early"); }
            if (block.find_first_not_of('\0') == std::string::npos) { return core::ok(); }
            if (std::string_view(block).substr(k_magic, 5) != "ustar") { return Error(Errc::corrupt, "it is no tar file"); }
            RL_ASSIGN(const std::uint64_t sum, read_octal(std::string_view(block).substr(k_sum, 8)));
            if (sum != header_sum(block)) { return Error(Errc::corrupt, "a header of the tar file is damaged"); }
            RL_ASSIGN(const std::uint64_t bytes, read_octal(std::string_view(block).substr(k_size, 12)));
            if (bytes > k_most_tar_member) { return Error(Errc::corrupt, "a header of the tar file is damaged"); }
            const std::string name(block.c_str(), strnlen(block.c_str(), k_name_size));
            // Other kinds of entries (folders, when somebody packed the backup anew) hold nothing of a backup.
            if (block[k_type] == '0' || block[k_type] == '\0') { index_[name.starts_with("./") ? name.substr(2) : name] = {offset + k_tar_block, bytes}; }
            offset += k_tar_block + (bytes + k_tar_block - 1) / k_tar_block * k_tar_block;
        }
    }

    std::string source_;
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> index_;
};

// Reads bytes [offset, offset + bytes) of a file.
core::Status each_piece(int fd, std::uint64_t offset, std::uint64_t bytes, std::string_view what, const std::function<core::Status(std::string_view)>& each) {
    std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(k_piece, std::max<std::uint64_t>(bytes, 1))), '\0');
    for (std::uint64_t done = 0; done < bytes;) {
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), bytes - done));
        RL_ASSIGN(const std::size_t got, read_at(fd, piece.data(), want, offset + done));
        if (got == 0) { return Error(Errc::corrupt, cat("reading ", what, ": it ends too early")); }
        RL_TRY(each(std::string_view(piece).substr(0, got)));
        done += got;
    }
    return core::ok();
}

}  // namespace

bool is_safe_member(std::string_view path) {
    if (path.empty() || path.size() > 255) { return false; }
    for (const char c : path) {
        if (static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == 0x7F) { return false; }
    }
    for (const std::string_view part : core::split(path, '/')) {
        if (part.empty() || part == "." || part == "..") { return false; }
    }
    return true;
}

core::Result<std::unique_ptr<BackupWriter>> BackupWriter::create(const std::string& target) {
    if (os::stat_link(target)) { return Error(Errc::conflict, cat("writing backup ", target, ": it exists already")); }
    const std::string part = cat(target, ".part-", ::getpid());
    if (!target.ends_with(".tar")) {
        RL_TRY(os::make_dir(part, 0755, os::point::backup_write));
        return std::unique_ptr<BackupWriter>(std::make_unique<FolderWriter>(target, part));
    }
    RL_ASSIGN(auto file, os::create_exclusive(part, 0644, os::point::backup_write));
    return std::unique_ptr<BackupWriter>(std::make_unique<TarWriter>(target, part, std::move(file)));
}

core::Status BackupWriter::add_file(const std::string& path, int fd, std::uint64_t bytes) {
    RL_TRY(begin_member(path, bytes));
    core::Sha256 digest;
    const auto copy = [&](std::string_view piece) -> core::Status {
        digest.update(piece);
        return write(piece);
    };
    RL_TRY(each_piece(fd, 0, bytes, path, copy));
    RL_TRY(end_member(bytes));
    members_.push_back({path, bytes, digest.finish().hex()});
    return core::ok();
}

core::Status BackupWriter::add_text(const std::string& path, std::string_view text) {
    RL_TRY(begin_member(path, text.size()));
    RL_TRY(write(text));
    RL_TRY(end_member(text.size()));
    members_.push_back({path, text.size(), core::sha256(text).hex()});
    return core::ok();
}

core::Status BackupWriter::finish(std::string_view made_at) {
    auto list = core::Json::array();
    std::vector<const BackupMember*> sorted;
    for (const BackupMember& member : members_) { sorted.push_back(&member); }
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->path < b->path; });
    for (const BackupMember* member : sorted) {
        auto one = core::Json::object();
        list.push(one.set("path", member->path).set("bytes", member->bytes).set("sha256", member->sha256));
    }
    auto manifest = core::Json::object();
    manifest.set("format", k_backup_format).set("version", k_backup_version).set("made_at", made_at).set("files", std::move(list));
    const std::string text = core::to_json_pretty(manifest);
    RL_TRY(begin_member(std::string(k_manifest_name), text.size()));
    RL_TRY(write(text));
    RL_TRY(end_member(text.size()));
    return publish();
}

core::Result<std::unique_ptr<BackupReader>> BackupReader::open(const std::string& source) {
    const auto info = os::stat_path(source);
    if (!info) { return Error(Errc::not_found, cat("reading backup ", source, ": there is no such file or folder")); }
    return S_ISDIR(info->st_mode) ? FolderReader::open(source) : TarReader::open(source);
}

core::Status BackupReader::read_manifest(const std::string& source) {
    RL_ASSIGN(auto found, find(std::string(k_manifest_name)));
    if (found.bytes > k_most_manifest) { return Error(Errc::corrupt, cat("reading backup ", source, ": its manifest is too large to be one")); }
    std::string text;
    const auto collect = [&](std::string_view piece) {
        text += piece;
        return core::ok();
    };
    RL_TRY(each_piece(found.file.get(), found.offset, found.bytes, source, collect));
    RL_ASSIGN(const core::Json manifest, core::parse_json(text, cat("manifest of backup ", source)));
    if (manifest.string_at("format").value_or("") != k_backup_format) { return Error(Errc::corrupt, cat("reading backup ", source, ": its manifest is no backup's")); }
    const std::int64_t version = manifest.integer_at("version").value_or(0);
    if (version > k_backup_version) { return Error(Errc::unsupported, cat("reading backup ", source, ": it has version ", version, ", this program knows up to ", k_backup_version)); }
    const core::JsonArray* files = core::find_list(manifest, "files");
    if (files == nullptr) { return Error(Errc::corrupt, cat("reading backup ", source, ": its manifest lists no files")); }
    for (const core::Json& file : *files) {
        const auto path = file.string_at("path");
        const auto bytes = file.integer_at("bytes");
        const auto digest = file.string_at("sha256");
        if (!path || !bytes || *bytes < 0 || !digest) { return Error(Errc::corrupt, cat("reading backup ", source, ": an entry of its manifest lacks path, bytes or sha256")); }
        if (!is_safe_member(*path)) { return Error(Errc::corrupt, cat("reading backup ", source, ": its manifest names a path that no backup has: ", *path)); }
        members_.push_back({*path, static_cast<std::uint64_t>(*bytes), *digest});
    }
    return core::ok();
}

core::Status BackupReader::read(const BackupMember& member, const std::function<core::Status(std::string_view)>& each) const {
    RL_ASSIGN(auto found, find(member.path));
    if (found.bytes != member.bytes) { return Error(Errc::corrupt, cat("reading ", member.path, " of the backup: it has ", found.bytes, " bytes, not ", member.bytes)); }
    core::Sha256 digest;
    const auto check = [&](std::string_view piece) -> core::Status {
        digest.update(piece);
        return each(piece);
    };
    RL_TRY(each_piece(found.file.get(), found.offset, found.bytes, member.path, check));
    if (digest.finish().hex() != member.sha256) { return Error(Errc::corrupt, cat("reading ", member.path, " of the backup: its digest is not that of the manifest")); }
    return core::ok();
}

}  // namespace runlake::ops
