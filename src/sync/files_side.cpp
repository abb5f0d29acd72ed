// SPDX-License-Identifier: Apache-2.0
// A side whose files can be called: a folder, or SFTP.
#include <algorithm>
#include <atomic>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/parallel.hpp"
#include "sync/names.hpp"
#include "sync/sftp_files.hpp"
#include "sync/side.hpp"

namespace runlake::sync {
namespace {

constexpr std::uint64_t k_longest_segment = std::uint64_t{1} << 30U;
constexpr std::uint64_t k_longest_lock = 65536;

std::string segments_folder() { return core::cat(k_own_folder, "/segments"); }
std::string locks_folder() { return core::cat(k_own_folder, "/locks"); }

core::Result<std::vector<std::string>> names_in(Files& files, const std::string& folder) {
    const auto found = files.list(folder);
    std::vector<std::string> names;
    if (!found.ok()) {
        if (found.error().code() == core::Errc::not_found) { return names; }
        return found.error();
    }
    for (const Named& entry : found.value()) {
        if (entry.attributes.what == What::file && !entry.name.ends_with(".tmp")) { names.push_back(entry.name); }
    }
    return names;
}

class FilesSide : public Side {
  public:
    FilesSide(std::unique_ptr<Files> files, std::string here) : files_(std::move(files)), here_(open_folder(std::move(here))), shown_(files_->shown("")) {}

    const std::string& shown() const override { return shown_; }
    core::Result<Tree> list(const PathFilter& takes) override { return list_tree(*files_, takes); }

    core::Result<std::vector<std::pair<std::string, std::string>>> segments() override {
        RL_ASSIGN(const std::vector<std::string> names, names_in(*files_, segments_folder()));
        std::vector<std::pair<std::string, std::string>> found;
        for (const std::string& name : names) {
            core::Result<std::string> text = read_text(*files_, core::cat(segments_folder(), '/', name), k_longest_segment);
            if (!text.ok()) { return std::move(text).take_error(); }
            found.emplace_back(name, std::move(text).take());
        }
        return found;
    }
    core::Status write_segment(const std::string& name, const std::string& text) override {
        return write_text(*files_, core::cat(segments_folder(), '/', name), text);   // one that a loss of power takes costs a reading
    }

    core::Result<bool> ignores_case() override {
        const auto own = files_->look(std::string(k_own_folder));
        if (!own.ok()) { return false; }   // nothing was ever written: nothing is known, and nothing can clash
        std::string shouted(k_own_folder);
        std::transform(shouted.begin(), shouted.end(), shouted.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
        const auto other = files_->look(shouted);
        if (!other.ok() && other.error().code() != core::Errc::not_found) { return other.error(); }
        return other.ok();
    }
    std::optional<std::string> refuses(std::string_view) const override { return std::nullopt; }
    bool creates_exclusively() const override { return true; }
    std::int64_t mtime_there(std::int64_t mtime_ns) const override { return mtime_ns; }

    rundir::LockPlace lock_place() override {
        rundir::LockPlace place;
        place.prefix = locks_folder() + "/";
        place.put = [this](const std::string& name, const std::string& text) { return write_text(*files_, name, text); };
        place.list = [this]() -> core::Result<std::vector<std::string>> {
            RL_ASSIGN(std::vector<std::string> names, names_in(*files_, locks_folder()));
            for (std::string& name : names) { name = core::cat(locks_folder(), '/', name); }
            return names;
        };
        place.read = [this](const std::string& name) { return read_text(*files_, name, k_longest_lock); };
        place.remove = [this](const std::vector<std::string>& names) -> core::Status {
            for (const std::string& name : names) { RL_TRY(files_->remove(name)); }
            return core::ok();
        };
        place.what = core::cat("replacing files in ", shown_);
        place.shown = [this](const std::string& name) { return files_->shown(name); };
        return place;
    }

    core::Status identify(const Tree&, Tree& there, const std::vector<std::size_t>& which) override {
        std::atomic<std::size_t> next{0};
        const auto work = [&] {
            for (std::size_t i = next.fetch_add(1); i < which.size(); i = next.fetch_add(1)) {
                TreeFile& file = there.files[which[i]];
                const core::Result<core::Digest> digest = digest_of(*files_, file.path);
                if (digest.ok()) { file.digest = digest.value(); }   // one that can't be read stays unknown, and differs
            }
        };
        os::on_threads(std::min<std::size_t>(static_cast<std::size_t>(files_->workers()), which.size()), work);
        return core::ok();
    }

    std::vector<Outcome> send(const std::string& writer, const std::vector<Job>& jobs) override { return copy_all(*here_, *files_, writer, jobs); }
    std::vector<Outcome> receive(const std::string& writer, const std::vector<Job>& jobs) override { return copy_all(*files_, *here_, writer, jobs); }

  private:
    std::unique_ptr<Files> files_;
    std::unique_ptr<Files> here_;
    std::string shown_;
};

// SFTP tells seconds.
class SftpSide : public FilesSide {
  public:
    using FilesSide::FilesSide;
    std::int64_t mtime_there(std::int64_t mtime_ns) const override {
        constexpr std::int64_t k_second_ns = 1'000'000'000;
        return mtime_ns < 0 ? 0 : mtime_ns / k_second_ns * k_second_ns;
    }
};

core::Status must_be_there(Files& files, const std::string& what) {
    const auto there = files.list("");
    if (there.ok()) { return core::ok(); }
    if (there.error().code() != core::Errc::not_found) { return there.error(); }
    return core::Error(core::Errc::not_found, core::cat("reaching the remote root: ", what, " is not there; if it is a mount, mount it, else make the folder"));
}

}  // namespace

std::unique_ptr<Side> files_side(std::unique_ptr<Files> files, std::string here) { return std::make_unique<FilesSide>(std::move(files), std::move(here)); }

core::Result<std::unique_ptr<Side>> open_side(const lake::Remote& remote, const std::string& here, const std::string& there, const std::string& base) {
    if (remote.kind == lake::RemoteKind::rclone) {
        const bool joined = remote.name.ends_with(':') || there.starts_with('/') || remote.name.ends_with('/');
        const std::string_view path = remote.name.ends_with(':') ? std::string_view(there) : std::string_view(there).substr(joined && there.starts_with('/') && remote.name.ends_with('/') ? 1 : 0);
        return rclone_side(core::cat(remote.name, joined ? "" : "/", path), here);
    }
    if (remote.kind == lake::RemoteKind::ssh) {
        const std::vector<std::string> words = ssh_words({.user = remote.user, .host = remote.host, .port = remote.port});
        const std::string shown = core::cat(remote.user, '@', remote.host);
        {
            RL_ASSIGN(const std::unique_ptr<Files> files, open_sftp(words, shown, base));
            RL_TRY(must_be_there(*files, files->shown("")));
        }
        RL_ASSIGN(std::unique_ptr<Files> files, open_sftp(words, shown, there));
        return std::unique_ptr<Side>(std::make_unique<SftpSide>(std::move(files), here));
    }
    const std::unique_ptr<Files> files = open_folder(base);
    RL_TRY(must_be_there(*files, base));
    const auto real = [](const std::string& path) {
        const auto resolved = os::absolute_path(path);
        return resolved.ok() ? resolved.value() : path;
    };
    const std::string ours = real(here);
    const std::string theirs = real(there);
    if (os::relative_inside(ours, theirs) || os::relative_inside(theirs, ours)) {
        return core::Error(core::Errc::usage, core::cat("synchronising ", here, " with ", there, ": one is in the other; RUNLAKE_RUNTIME_ROOT says where to work on this side"));
    }
    return files_side(open_folder(there), here);
}

}  // namespace runlake::sync
