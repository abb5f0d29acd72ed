// SPDX-License-Identifier: Apache-2.0
// Manifests of what is on disk: walking a tree, hashing its files, checking it against what was published.
#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "fingerprint/digest_cache.hpp"
#include "fingerprint/file_hash.hpp"
#include "os/files.hpp"
#include "os/stamp.hpp"
#include "os/system.hpp"
#include "rundir/manifest.hpp"
#include "rundir/parts.hpp"

namespace runlake::rundir {
namespace {

struct TreeFile {
    std::string path;      // relative
    struct stat info;
};
struct Tree {
    std::vector<TreeFile> files;
    std::vector<std::string> folders;   // relative, the root is ""; parents first
    std::vector<std::string> others;    // neither file nor folder, or a name that can't be in a manifest
};

core::Status walk(const std::string& root, const std::string& below, Tree& tree) {
    const std::string folder = os::join_path(root, below);
    RL_ASSIGN(const std::vector<os::DirEntry> entries, os::list_dir(folder));
    tree.folders.push_back(below);
    for (const os::DirEntry& entry : entries) {
        const std::string path = os::join_path(below, entry.name);
        const std::optional<struct stat> info = os::stat_link(os::join_path(root, path));
        if (!info) { return core::Error(core::Errc::busy, core::cat("listing ", folder, ": ", entry.name, " went away meanwhile")); }
        if (!is_tree_path(entry.name)) {
            tree.others.push_back(path);
        } else if (S_ISDIR(info->st_mode)) {
            RL_TRY(walk(root, path, tree));
        } else if (S_ISREG(info->st_mode)) {
            tree.files.push_back({path, *info});
        } else {
            tree.others.push_back(path);
        }
    }
    return core::ok();
}

core::Result<Tree> read_tree(const std::string& root) {
    Tree tree;
    RL_TRY(walk(root, "", tree));
    // By whole paths: folder by folder, "a/x" would stand before "a.b".
    std::sort(tree.files.begin(), tree.files.end(), [](const TreeFile& a, const TreeFile& b) { return a.path < b.path; });
    std::sort(tree.others.begin(), tree.others.end());
    return tree;
}

core::Result<Manifest> hash_tree(const std::string& root, const std::vector<TreeFile>& files, const std::optional<std::string>& cache_dir, int threads) {
    fingerprint::DigestCache cache(cache_dir);
    std::vector<std::optional<core::Digest>> digests(files.size());
    std::vector<fingerprint::FileToHash> unknown;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const os::Stamp stamp = os::Stamp::of(files[i].info);
        if (cache_dir) { digests[i] = cache.find(stamp); }
        if (digests[i]) { continue; }
        // Results are read-only, and may be hard-linked from or to another run directory at any time.
        const bool is_result = (files[i].info.st_mode & 0222U) == 0;
        unknown.push_back({.path = os::join_path(root, files[i].path), .stamp = stamp, .links_may_change = is_result});
        places.push_back(i);
    }
    RL_ASSIGN(const auto hashed, fingerprint::hash_files(unknown, threads > 0 || unknown.empty() ? std::max(threads, 1) : os::usable_processors(), {}));
    for (std::size_t i = 0; i < hashed.size(); ++i) {
        digests[places[i]] = hashed[i].digest;
        if (cache_dir) { cache.add(unknown[i].path, unknown[i].stamp, hashed[i].read_at_ns, hashed[i].digest); }
    }
    if (cache_dir && !hashed.empty()) { cache.save(); }
    Manifest manifest;
    manifest.entries.reserve(files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        manifest.entries.push_back({.path = files[i].path,
                                    .bytes = static_cast<std::uint64_t>(files[i].info.st_size),
                                    .digest = *digests[i],
                                    .executable = (files[i].info.st_mode & 0111U) != 0});
    }
    return manifest;
}

core::Status sync_tree(const std::string& root, const Tree& tree) {
    for (const TreeFile& file : tree.files) {
        const std::string path = os::join_path(root, file.path);
        RL_ASSIGN(const os::Fd opened, os::open_read(path));
        RL_TRY(os::sync_file(opened.get(), os::point::stage_sync, path));
    }
    for (auto folder = tree.folders.rbegin(); folder != tree.folders.rend(); ++folder) { RL_TRY(os::sync_dir(os::join_path(root, *folder), os::point::stage_sync)); }
    return core::ok();
}

}  // namespace

core::Result<Manifest> build_manifest(const std::string& dir, const ManifestOptions& options) {
    RL_ASSIGN(const Tree tree, read_tree(dir));
    if (!tree.others.empty()) {
        return core::Error(core::Errc::usage, core::cat("reading ", dir, ": a result is made of files and folders with plain names, and not of ",
                                                        core::valid_utf8(core::join(tree.others, ", ")), " (a link, device, socket, or a name with odd characters)"));
    }
    if (options.sync) { RL_TRY(sync_tree(dir, tree)); }
    return hash_tree(dir, tree.files, options.digest_cache, options.threads);
}

core::Result<std::vector<Difference>> verify_tree(const std::string& dir, const Manifest& manifest, const std::optional<std::string>& digest_cache, bool full) {
    Tree tree;
    if (os::is_dir(dir)) { RL_ASSIGN(tree, read_tree(dir)); }
    RL_ASSIGN(const Manifest found, hash_tree(dir, tree.files, full ? std::nullopt : digest_cache, 0));
    std::vector<Difference> differences = compare(manifest, found);
    for (const std::string& other : tree.others) {
        const auto missing = std::find_if(differences.begin(), differences.end(), [&](const Difference& difference) { return difference.path == other; });
        if (missing != differences.end()) {
            missing->kind = DifferenceKind::changed;
        } else {
            differences.push_back({DifferenceKind::added, core::valid_utf8(other), std::nullopt, std::nullopt});
        }
    }
    std::sort(differences.begin(), differences.end(), [](const Difference& a, const Difference& b) { return a.path < b.path; });
    return differences;
}

}  // namespace runlake::rundir
