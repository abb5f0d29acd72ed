// SPDX-License-Identifier: Apache-2.0
#include "git/committed.hpp"

#include "core/text.hpp"
#include "git/library.hpp"

namespace runlake::git {
namespace {

using core::cat;
using Files = std::map<std::string, std::string, std::less<>>;

struct FolderReader {
    std::string folder;   // with a '/' at the end; "" is the top
    Files files;
};

// Goes down towards the folder only, and takes what stands in it.
int on_entry(const char* root, const git_tree_entry* entry, void* payload) {
    auto& reader = *static_cast<FolderReader*>(payload);
    const std::string_view above = root;
    const std::string_view name = library().tree_entry_name(entry);
    const bool is_tree = library().tree_entry_filemode(entry) == GIT_FILEMODE_TREE;
    if (is_tree) {
        const std::string path = cat(above, name, '/');
        return std::string_view(reader.folder).starts_with(path) ? 0 : 1;   // 1: not into it
    }
    if (above == reader.folder && library().tree_entry_filemode(entry) != GIT_FILEMODE_COMMIT) { reader.files.emplace(name, hex_of(*library().tree_entry_id(entry))); }
    return 0;
}

}  // namespace

core::Result<Files> committed_files(const Location& where, std::string_view folder) {
    RL_ASSIGN(const Library* const loaded, load_library());
    const Head head = read_head(where);
    if (head.kind == HeadKind::unborn) { return Files(); }
    if (head.kind != HeadKind::commit) { return core::Error(core::Errc::unsupported, cat("reading HEAD of ", where.work_tree, ": ", head.reason)); }
    git_repository* raw = nullptr;
    if (loaded->repository_open(&raw, where.git_dir.c_str()) != 0) { return last_error(cat("opening the repository ", where.git_dir)); }
    const RepositoryHandle repository(raw);
    git_oid id{};
    if (head.commit.size() != GIT_OID_HEXSZ || loaded->oid_fromstr(&id, head.commit.c_str()) != 0) {
        return core::Error(core::Errc::unsupported, "the repository does not use SHA-1 object ids, which libgit2 cannot read");
    }
    git_commit* raw_commit = nullptr;
    if (loaded->commit_lookup(&raw_commit, repository.get(), &id) != 0) { return last_error(cat("reading commit ", head.commit)); }
    const CommitHandle commit(raw_commit);
    git_tree* raw_tree = nullptr;
    if (loaded->commit_tree(&raw_tree, commit.get()) != 0) { return last_error(cat("reading the tree of commit ", head.commit)); }
    const TreeHandle tree(raw_tree);
    FolderReader reader{.folder = folder.empty() ? std::string() : cat(folder, '/'), .files = {}};
    if (loaded->tree_walk(tree.get(), GIT_TREEWALK_PRE, on_entry, &reader) < 0) { return last_error(cat("reading the tree of commit ", head.commit)); }
    return std::move(reader.files);
}

core::Result<std::string> content_id(std::string_view bytes) {
    RL_ASSIGN(const Library* const loaded, load_library());
    git_oid id{};
    if (loaded->odb_hash(&id, bytes.data(), bytes.size(), GIT_OBJECT_BLOB) != 0) { return last_error("hashing a file"); }
    return hex_of(id);
}

}  // namespace runlake::git
