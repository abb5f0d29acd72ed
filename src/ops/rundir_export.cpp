// SPDX-License-Identifier: Apache-2.0
// `rundir export`.
#include "ops/rundir_export.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/text.hpp"
#include "fingerprint/file_hash.hpp"
#include "ops/remote_run_dir.hpp"
#include "ops/rundir_shared.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

namespace point = os::point;

core::Result<std::string> target_of(const std::string& variable) {
    const std::optional<std::string> value = os::env(variable.c_str());
    if (!value || value->empty()) { return core::Error(core::Errc::usage, core::cat("exporting: the environment variable ", variable, " is ", value ? "empty" : "not set", "; it names the folder to copy to")); }
    if (value->find("://") != std::string::npos) {
        return core::Error(core::Errc::unsupported, core::cat("exporting to ", *value, " (", variable, "): only a folder can be the target, not a URI"));
    }
    return *value;
}

core::Result<bool> is_same(const std::string& path, const rundir::ManifestEntry& entry) {
    const std::optional<struct stat> info = os::stat_path(path);
    if (!info || !S_ISREG(info->st_mode) || static_cast<std::uint64_t>(info->st_size) != entry.bytes) { return false; }
    RL_ASSIGN(const auto hashed, fingerprint::hash_files({{.path = path, .stamp = os::Stamp::of(*info)}}, 1, {}));
    return hashed[0].digest == entry.digest;
}

// Where copies wait until all of them are made and checked.
class Waiting {
  public:
    static core::Result<std::unique_ptr<Waiting>> make(const std::string& target) {
        RL_TRY(os::make_dirs(target, 0777, point::deliver_write));
        auto waiting = std::make_unique<Waiting>(core::cat(target, "/.runlake-export.", os::random_hex(16)));
        RL_TRY(os::make_dir(waiting->path_, 0777, point::deliver_write));
        return waiting;
    }
    explicit Waiting(std::string path) : path_(std::move(path)) {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() { static_cast<void>(os::remove_tree(path_, point::deliver_write).ok()); }
    std::string file(std::size_t number) const { return core::cat(path_, '/', number); }

  private:
    std::string path_;
};

core::Status copy_checked(const std::string& from, const std::string& to, const rundir::ManifestEntry& entry) {
    RL_TRY(os::copy_file(from, to, entry.executable ? 0755 : 0644, point::deliver_write));
    RL_ASSIGN(const bool same, is_same(to, entry));
    if (!same) { return core::Error(core::Errc::corrupt, core::cat("exporting ", entry.path, ": the file is not as its manifest says (see `runlake rundir verify`)")); }
    RL_ASSIGN(const os::Fd file, os::open_read(to));
    return os::sync_file(file.get(), point::deliver_write, to);
}

std::vector<ShownFile> wanted_of(std::map<std::string, ShownFile> files, const std::vector<std::string>& globs) {
    std::vector<ShownFile> wanted;
    for (auto& [path, file] : files) {
        if (globs.empty() || std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return core::glob_match(glob, path); })) { wanted.push_back(std::move(file)); }
    }
    return wanted;
}

// What is at the target already: the same (nothing to do), or something else (a conflict, unless it is to be replaced).
core::Status look_at_target(const std::string& target, bool replace, const std::vector<ShownFile>& wanted, std::vector<ExportedFile>& files) {
    std::vector<std::string> others;
    for (const ShownFile& file : wanted) {
        const std::string path = os::join_path(target, file.entry.path);
        RL_ASSIGN(const bool same, is_same(path, file.entry));
        if (!same && os::stat_link(path)) { others.push_back(file.entry.path); }
        files.push_back({.path = file.entry.path, .bytes = file.entry.bytes, .digest = core::cat("file/1:", file.entry.digest.hex()), .was_there = same});
    }
    if (others.empty() || replace) { return core::ok(); }
    return core::Error(core::Errc::conflict, core::cat("exporting to ", target, ": with other content there is already ", core::join(others, ", "), "; --replace replaces it"));
}

}  // namespace

core::Result<RundirExportResponse> rundir_export(const RundirExportRequest& request) {
    RL_ASSIGN(const std::string named, target_of(request.variable));
    RL_ASSIGN(const RunDirToRead at, RunDirToRead::open(request.path, rundir::FetchDepth::files));
    RL_ASSIGN(const rundir::RunDir run_dir, rundir::RunDir::open(at.path()));
    const std::string name = at.address().value_or(run_dir.path());
    RL_ASSIGN(auto all, shown_files(run_dir));
    const std::vector<ShownFile> wanted = wanted_of(std::move(all), request.globs);
    if (wanted.empty()) {
        return core::Error(core::Errc::not_found, core::cat("exporting from ", name, ": no file of its results ", request.globs.empty() ? "is there" : core::cat("matches ", core::join(request.globs, ", "))));
    }
    RundirExportResponse response{.run_dir = name, .target = named, .files = {}};
    RL_TRY(look_at_target(named, request.replace, wanted, response.files));
    if (std::all_of(response.files.begin(), response.files.end(), [](const ExportedFile& file) { return file.was_there; })) { return response; }
    RL_ASSIGN(const std::unique_ptr<Waiting> waiting, Waiting::make(named));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (response.files[i].was_there) { continue; }
        const std::string from = core::cat(run_dir.published(wanted[i].which, wanted[i].key), "/out/", wanted[i].entry.path);
        RL_TRY(copy_checked(from, waiting->file(i), wanted[i].entry));
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (response.files[i].was_there) { continue; }
        const std::string to = os::join_path(named, wanted[i].entry.path);
        RL_TRY(os::make_dirs(os::parent_path(to), 0777, point::deliver_write));
        RL_TRY(os::rename_replace(waiting->file(i), to, point::deliver_write));
        response.copied_bytes += wanted[i].entry.bytes;
    }
    return response;
}

core::Json to_json(const RundirExportResponse& response) {
    core::Json files = core::Json::array();
    for (const ExportedFile& file : response.files) {
        core::Json one = core::Json::object();
        one.set("path", file.path).set("bytes", file.bytes).set("digest", file.digest).set("was_there", file.was_there);
        files.push(std::move(one));
    }
    core::Json json = core::Json::object();
    json.set("run_dir", response.run_dir).set("target", response.target).set("copied_bytes", response.copied_bytes).set("files", std::move(files));
    return json;
}

}  // namespace runlake::ops
