// SPDX-License-Identifier: Apache-2.0
#include "ops/validate_documents.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text.hpp"
#include "git/repository.hpp"
#include "git/tracked.hpp"
#include "os/files.hpp"

namespace runlake::ops {
namespace {

constexpr std::uint64_t k_largest = 64U << 20U;
constexpr std::array<std::string_view, 6> k_endings = {".md", ".markdown", ".qmd", ".Rmd", ".tex", ".ipynb"};

core::Status read_document(const std::string& root, const std::string& path, kb::Citations& out) {
    const std::string whole = os::join_path(root, path);
    const auto found = os::stat_path(whole);
    if (!found) { return core::Error(core::Errc::not_found, "it can't be looked at"); }
    if (!S_ISREG(found->st_mode)) { return core::Error(core::Errc::io, "it is no regular file"); }
    if (static_cast<std::uint64_t>(found->st_size) > k_largest) { return core::Error(core::Errc::io, "it is larger than 64 MiB"); }
    RL_ASSIGN(const std::string text, os::read_file(whole, k_largest));
    if (path.ends_with(".tex")) {
        kb::read_latex(text, path, out);
    } else if (path.ends_with(".ipynb")) {
        return kb::read_notebook(text, path, out);
    } else {
        kb::read_markdown(text, path, 1, out);
    }
    return core::ok();
}

}  // namespace

bool is_document(std::string_view path) {
    return std::ranges::any_of(k_endings, [&](std::string_view ending) { return path.ends_with(ending); });
}

std::vector<std::string> tracked_documents(const std::string& root) {
    const auto where = git::find_repository(root);
    if (!where.ok() || !where.value()) { return {}; }
    const auto tracked = git::tracked_paths(*where.value());
    if (!tracked.ok()) { return {}; }
    std::vector<std::string> paths;
    for (const git::TrackedPath& one : tracked.value()) {
        if (one.repository || !is_document(one.path)) { continue; }
        // The project may be a folder of its repository.
        const std::optional<std::string> path = os::relative_inside(os::join_path(where.value()->work_tree, one.path), root);
        if (!path || path->starts_with("kb/") || path->starts_with('.') || path->find("/.") != std::string::npos) { continue; }
        if (os::exists(os::join_path(root, *path))) { paths.push_back(*path); }   // one that was deleted cites nothing
    }
    std::ranges::sort(paths);
    return paths;
}

void read_documents(const std::string& root, const std::vector<std::string>& paths, kb::Citations& out) {
    for (const std::string& path : paths) {
        const core::Status read = read_document(root, path, out);
        if (!read.ok()) { out.faults.push_back({.code = "document.unreadable", .message = read.error().message(), .path = path}); }
    }
}

}  // namespace runlake::ops
