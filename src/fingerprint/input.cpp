// SPDX-License-Identifier: Apache-2.0
// Puts the parts together: list, look up in the cache, hash the rest, compose.
#include "fingerprint/input.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include "core/text.hpp"
#include "fingerprint/digest_cache.hpp"
#include "fingerprint/input_parts.hpp"
#include "os/files.hpp"
#include "os/folder_stat.hpp"
#include "os/parallel.hpp"
#include "os/system.hpp"

namespace runlake::fingerprint {
namespace {

// Fewer inputs than this are looked at before a second thread has begun.
constexpr std::size_t k_inputs_a_turn = 8;
constexpr std::size_t k_matches_a_turn = 256;

// A file or folder that an input names, itself or through a glob.
struct Root {
    bool folder = false;
    std::size_t file = 0;
    std::vector<Member> members;
    std::optional<core::Digest> digest;
    std::uint64_t bytes = 0;
};

// What stands where an input, or a match of its glob, points.
struct Path {
    std::string given{};
    std::string path{};                 // whole
    std::string name{};                 // in the fingerprint
    bool is_match = false;              // of a glob
    std::optional<struct stat> info{};
    int problem = 0;                    // errno, when there is no info
};

struct Named {
    std::string given;
    bool glob = false;
    std::vector<std::string> roots;     // names
};

class Fingerprint {
  public:
    explicit Fingerprint(const InputOptions& options) : options_(options), cache_(options.cache_dir) {}

    core::Status take(const std::vector<std::string>& inputs) {
        for (const std::string& given : inputs) {
            if (given.empty()) { return core::Error(core::Errc::usage, "reading inputs: a name is empty"); }
            if (given.find('\0') != std::string::npos) { return core::Error(core::Errc::usage, core::cat("reading input ", given, ": the name holds a zero byte")); }
        }
        std::vector<core::Result<std::vector<Path>>> looked(inputs.size(), std::vector<Path>());
        os::for_each_index(inputs.size(), k_inputs_a_turn, [&](std::size_t i) { looked[i] = look(inputs[i]); });
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            RL_ASSIGN(const std::vector<Path> paths, std::move(looked[i]));
            Named named{.given = inputs[i], .glob = paths.front().is_match, .roots = {}};
            named.roots.reserve(paths.size());
            for (const Path& path : paths) {
                RL_TRY(add_root(path));
                named.roots.push_back(path.name);
            }
            named_.push_back(std::move(named));
        }
        return core::ok();
    }

    core::Status hash(InputReport& report) {
        const std::vector<FileToHash>& files = files_.files();
        digests_.resize(files.size());
        std::vector<FileToHash> unknown;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < files.size(); ++i) {
            report.bytes += files[i].stamp.size;
            digests_[i] = cache_.find(files[i].stamp);
            if (digests_[i]) { continue; }
            report.read_bytes += files[i].stamp.size;
            unknown.push_back(files[i]);
            places.push_back(i);
        }
        report.files = files.size();
        RL_ASSIGN(const auto hashed, hash_files(unknown, options_.threads > 0 ? options_.threads : os::usable_processors(), options_.stop));
        for (std::size_t i = 0; i < hashed.size(); ++i) {
            digests_[places[i]] = hashed[i].digest;
            cache_.add(unknown[i].path, unknown[i].stamp, hashed[i].read_at_ns, hashed[i].digest);
        }
        for (const Listed& folder : listed_) {
            const auto info = os::stat_path(folder.path);
            if (!info || os::Stamp::of(*info) != folder.stamp) {
                return core::Error(core::Errc::busy, core::cat("listing ", folder.path, ": files came or went meanwhile; try again when nobody writes to it"));
            }
        }
        cache_.save();
        return core::ok();
    }

    void compose(InputReport& report) {
        for (auto& [name, root] : roots_) { finish_root(root); }
        core::FieldHash all("input/1");
        for (const auto& [name, root] : roots_) {
            all.field("name", std::string_view(name)).field("kind", root.folder ? "folder" : "file").field("digest", std::string_view(root.digest->hex()));
        }
        report.fingerprint = core::cat("input/1:", all.finish().hex());
        for (const Named& named : named_) { report.inputs.push_back(describe(named)); }
    }

  private:
    // What stands under an input's name now: itself, or all that the glob matches. Changes nothing: many are looked for at once.
    core::Result<std::vector<Path>> look(const std::string& given) const {
        std::vector<Path> paths;
        if (os::stat_link(os::join_path(options_.working_dir, given)) || !is_glob(given)) {
            paths.push_back(at(given));
            return paths;
        }
        RL_ASSIGN(const std::vector<std::string> matches, expand_glob(given, options_.working_dir, options_.stop));
        paths.resize(matches.size());
        os::for_each_index((matches.size() + k_matches_a_turn - 1) / k_matches_a_turn, 1, [&](std::size_t turn) {
            os::FolderStat folder;  // matches stand in order: many of one folder after each other
            const std::size_t begin = turn * k_matches_a_turn;
            for (std::size_t i = begin; i < std::min(begin + k_matches_a_turn, matches.size()); ++i) {
                paths[i] = at(matches[i], folder);
                paths[i].is_match = true;
            }
        });
        return paths;
    }

    Path at(const std::string& given) const {
        os::FolderStat folder;
        return at(given, folder);
    }
    Path at(const std::string& given, os::FolderStat& folder) const {
        Path path{.given = given, .path = os::join_path(options_.working_dir, given)};
        const std::string whole = os::lexically_normal(path.path);
        path.name = os::relative_inside(whole, options_.root).value_or(whole);
        path.info = folder.look(path.path);
        if (!path.info) { path.problem = errno; }
        return path;
    }

    core::Status add_root(const Path& path) {
        if (roots_.contains(path.name)) { return core::ok(); }
        if (!path.info) { return os::system_error(path.problem, "reading input", path.given); }
        Root root;
        root.folder = S_ISDIR(path.info->st_mode);
        if (root.folder) {
            RL_ASSIGN(root.members, walk_folder(path.path, files_, listed_, options_.stop));
        } else {
            RL_ASSIGN(root.file, files_.add(path.path, *path.info));
        }
        roots_.emplace(path.name, std::move(root));
        return core::ok();
    }

    void finish_root(Root& root) const {
        if (!root.folder) {
            root.digest = *digests_[root.file];
            root.bytes = files_.files()[root.file].stamp.size;
            return;
        }
        core::FieldHash hash("dir/1");
        for (const Member& member : root.members) {
            hash.field("path", std::string_view(member.path));
            switch (member.kind) {
                case MemberKind::folder: hash.field("kind", "folder").absent("content"); break;
                case MemberKind::link: hash.field("kind", "link").field("content", std::string_view(member.target)); break;
                case MemberKind::file:
                    hash.field("kind", "file").field("content", std::string_view(digests_[member.file]->hex()));
                    root.bytes += files_.files()[member.file].stamp.size;
                    break;
            }
        }
        root.digest = hash.finish();
    }

    record::Input describe(const Named& named) const {
        record::Input input{.path = named.given};
        std::uint64_t bytes = 0;
        core::FieldHash matches("glob/1");
        for (const std::string& name : named.roots) {
            const Root& root = roots_.at(name);
            bytes += root.bytes;
            matches.field("name", std::string_view(name)).field("kind", root.folder ? "folder" : "file").field("digest", std::string_view(root.digest->hex()));
        }
        input.bytes = bytes;
        if (named.glob) {
            input.fingerprint = core::cat("glob/1:", matches.finish().hex());
        } else {
            const Root& root = roots_.at(named.roots.front());
            input.fingerprint = core::cat(root.folder ? "dir/1:" : "file/1:", root.digest->hex());
        }
        return input;
    }

    const InputOptions& options_;
    DigestCache cache_;
    FileList files_;
    std::vector<Listed> listed_;
    std::map<std::string, Root> roots_;      // by name: sorted, each once
    std::vector<Named> named_;
    std::vector<std::optional<core::Digest>> digests_;
};

}  // namespace

std::string digests_dir(const std::string& store_dir) { return store_dir + "/cache/digests"; }

core::Result<InputReport> input_fingerprint(const std::vector<std::string>& inputs, const InputOptions& options) {
    if (inputs.empty()) { return core::Error(core::Errc::usage, "reading inputs: none is given"); }
    Fingerprint fingerprint(options);
    RL_TRY(fingerprint.take(inputs));
    InputReport report;
    RL_TRY(fingerprint.hash(report));
    fingerprint.compose(report);
    return report;
}

}  // namespace runlake::fingerprint
