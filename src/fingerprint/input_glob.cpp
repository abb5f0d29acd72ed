// SPDX-License-Identifier: Apache-2.0
// Expands a glob part by part, so that only folders that can match are listed.
#include <dirent.h>

#include <algorithm>
#include <utility>

#include "core/glob.hpp"
#include "core/text.hpp"
#include "fingerprint/input_parts.hpp"
#include "os/files.hpp"

namespace runlake::fingerprint {
namespace {

constexpr int k_max_depth = 400;

class GlobWalk {
  public:
    GlobWalk(std::string working_dir, std::vector<std::string> parts, const std::function<bool()>& stop)
        : working_dir_(std::move(working_dir)), parts_(std::move(parts)), globs_(parts_.begin(), parts_.end()), stop_(stop) {}

    core::Result<std::vector<std::string>> run(const std::string& start) {
        RL_TRY(expand(start, 0, 0));
        std::sort(found_.begin(), found_.end());
        found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
        return std::move(found_);
    }

  private:
    // `base` is what stands before part `at`: "" or ends in '/'.
    core::Status expand(const std::string& base, std::size_t at, int depth) {
        if (stop_ && stop_()) { return core::Error(core::Errc::interrupted, "listing was stopped"); }
        if (depth > k_max_depth) { return core::Error(core::Errc::unsupported, core::cat("listing ", base, ": folders more than ", k_max_depth, " deep")); }
        const std::string& part = parts_[at];
        const bool last = at + 1 == parts_.size();
        if (part != "**" && !is_glob(part)) {
            const std::string path = base + part;
            if (!last) { return expand(path + '/', at + 1, depth + 1); }
            if (os::stat_link(os::join_path(working_dir_, path))) { found_.push_back(path); }
            return core::ok();
        }
        auto entries = os::list_dir(os::join_path(working_dir_, base.empty() ? "." : base));
        if (!entries.ok()) {
            if (entries.error().code() == core::Errc::not_found) { return core::ok(); }
            return std::move(entries).take_error();
        }
        if (part == "**" && !last) { RL_TRY(expand(base, at + 1, depth + 1)); }  // "**" may stand for no folder at all
        for (const os::DirEntry& entry : entries.value()) {
            const bool hidden = entry.name.starts_with('.');
            if (part == "**") {
                if (hidden) { continue; }
                const std::string path = base + entry.name;
                const bool folder = is_folder(path, entry.type);
                if (folder) { RL_TRY(expand(path + '/', at, depth + 1)); }
                if (last && !folder) { found_.push_back(path); }
                continue;
            }
            if ((hidden && !part.starts_with('.')) || !globs_[at].matches(entry.name)) { continue; }
            if (last) {
                found_.push_back(base + entry.name);
            } else {
                RL_TRY(expand(base + entry.name + '/', at + 1, depth + 1));
            }
        }
        return core::ok();
    }

    bool is_folder(const std::string& path, unsigned char type) const {
        if (type != DT_UNKNOWN) { return type == DT_DIR; }
        const auto info = os::stat_link(os::join_path(working_dir_, path));
        return info && S_ISDIR(info->st_mode);
    }

    std::string working_dir_;
    std::vector<std::string> parts_;
    std::vector<core::Glob> globs_;   // one a part
    const std::function<bool()>& stop_;
    std::vector<std::string> found_;
};

}  // namespace

bool is_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

core::Result<std::vector<std::string>> expand_glob(const std::string& pattern, const std::string& working_dir, const std::function<bool()>& stop) {
    std::vector<std::string> parts;
    for (const std::string_view part : core::split(pattern, '/')) {
        if (!part.empty() && part != ".") { parts.emplace_back(part); }
    }
    RL_ASSIGN(auto found, GlobWalk(working_dir, std::move(parts), stop).run(pattern.starts_with('/') ? "/" : ""));
    if (found.empty()) { return core::Error(core::Errc::not_found, core::cat("reading input ", pattern, ": nothing matches it")); }
    return found;
}

}  // namespace runlake::fingerprint
