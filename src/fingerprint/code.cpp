// SPDX-License-Identifier: Apache-2.0
// From HEAD and the tree's state to a code_ref.
#include "fingerprint/code.hpp"

#include <utility>

#include "core/text.hpp"
#include "git/tree_state.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::fingerprint {
namespace {

// The folders in this repository that Runlake writes, as paths relative to the work tree.
std::vector<std::string> own_folders(const std::string& work_tree, const record::Store& store) {
    std::vector<std::string> folders;
    const auto add = [&](const std::string& path) {
        if (auto inside = os::relative_inside(os::lexically_normal(path), work_tree); inside && *inside != ".") { folders.push_back(std::move(*inside)); }
    };
    const std::string& root = store.root.empty() ? work_tree : store.root;
    add(os::join_path(root, "runs"));
    if (const auto runs = os::env("RUNLAKE_RUNS_DIR"); runs && !runs->empty()) { add(os::join_path(root, *runs)); }
    add(store.dir);
    // A worktree has its own folders beside those of the main one.
    if (root != work_tree) { folders.emplace_back("runs"); }
    return folders;
}

// "patches/<digest>" once it is there.
core::Result<std::string> keep_patch(const record::Store& store, const core::Digest& digest, std::string_view patch) {
    RL_TRY(os::make_dirs(store.patches(), 0777, os::point::patch_write));
    const std::string path = os::join_path(store.patches(), digest.hex());
    // For the owner alone: it holds code that was never committed.
    auto published = os::publish_file(path, patch, 0600, os::Existing::keep, os::Durability::process, os::point::patch_write);
    if (!published.ok() && published.error().code() != core::Errc::conflict) { return std::move(published).take_error().context("keeping the patch of a dirty tree"); }
    return core::cat("patches/", digest.hex());
}

}  // namespace

std::optional<std::string> CodeStart::code_ref() const {
    if (commit.empty()) { return std::nullopt; }
    return commit + "+dirty.unknown";
}

CodeStart read_code(const std::string& working_dir) {
    CodeStart start;
    auto found = git::find_repository(working_dir);
    if (!found.ok()) {
        start.note = found.error().message();
        return start;
    }
    start.repository = std::move(found).take();
    if (!start.repository) { return start; }
    const git::Head head = git::read_head(*start.repository);
    switch (head.kind) {
        case git::HeadKind::commit: start.commit = head.commit; break;
        case git::HeadKind::unborn: start.note = core::cat("the repository ", start.repository->work_tree, " has no commit yet"); break;
        case git::HeadKind::unknown: start.note = head.reason; break;
    }
    return start;
}

CodeState look_at_code(const CodeStart& start, const record::Store& store, const CodeOptions& options) {
    CodeState state;
    if (!start.repository || start.commit.empty()) {
        state.note = start.note;
        return state;
    }
    git::TreeOptions tree_options;
    tree_options.own_folders = own_folders(start.repository->work_tree, store);
    tree_options.limit = options.limit;
    tree_options.stop = options.stop;
    const git::TreeState tree = git::tree_state(*start.repository, start.commit, tree_options);
    switch (tree.kind) {
        case git::TreeKind::clean:
            state.code_ref = start.commit;
            state.note = tree.note;
            break;
        case git::TreeKind::unknown:
            state.code_ref = start.code_ref();
            state.note = tree.reason;
            break;
        case git::TreeKind::dirty: {
            state.code_ref = core::cat(start.commit, "+dirty.", tree.digest->hex());
            state.note = tree.note;
            auto kept = keep_patch(store, *tree.digest, tree.patch);
            if (kept.ok()) {
                state.patch_file = std::move(kept).take();
            } else {
                state.note = kept.error().message();
            }
            break;
        }
    }
    return state;
}

}  // namespace runlake::fingerprint
