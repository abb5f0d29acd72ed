// SPDX-License-Identifier: Apache-2.0
// The functions of libgit2 that this module uses, looked up in the shared library at first use. For sources of this module only.
#pragma once

#include <git2.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"

// X(name without the prefix "git_"); the types come from git2.h.
#define RUNLAKE_GIT_FUNCTIONS(X)                                                                                    \
    X(libgit2_init) X(libgit2_opts) X(error_last)                                                                   \
    X(repository_open) X(repository_free) X(repository_workdir) X(repository_set_workdir) X(repository_index)       \
    X(repository_odb) X(repository_hashfile) X(repository_config_snapshot) X(config_get_bool) X(config_free)                          \
    X(index_free) X(index_entrycount) X(index_get_byindex) X(index_path)                                            \
    X(oid_fromstr) X(commit_lookup) X(commit_tree) X(commit_free)                                                   \
    X(tree_free) X(tree_walk) X(tree_entry_id) X(tree_entry_name) X(tree_entry_filemode)                            \
    X(blob_lookup) X(blob_rawcontent) X(blob_rawsize) X(blob_free)                                                  \
    X(odb_hash) X(odb_hashfile) X(odb_read_header) X(odb_free)                                                      \
    X(ignore_path_is_ignored) X(attr_get) X(filter_list_load) X(filter_list_free)                                   \
    X(diff_options_init) X(patch_from_buffers) X(patch_free) X(patch_num_hunks) X(patch_get_hunk)                   \
    X(patch_get_line_in_hunk)                                                                                       \
    X(checkout_options_init) X(checkout_tree) X(diff_from_buffer) X(diff_free) X(apply_options_init) X(apply)

namespace runlake::git {

struct Library {
#define RUNLAKE_GIT_MEMBER(name) decltype(&::git_##name) name = nullptr;
    RUNLAKE_GIT_FUNCTIONS(RUNLAKE_GIT_MEMBER)
#undef RUNLAKE_GIT_MEMBER
};

// Loads libgit2 once in a process, the version whose header this was built with. Thread-safe. Errc::unsupported when there is none.
core::Result<const Library*> load_library();
// The loaded library. Whoever holds a handle may call it: a handle only exists after load_library().
const Library& library();

// The reason that libgit2 gave for the last failure on this thread.
core::Error last_error(std::string_view what);

// An object's id as git writes it.
std::string hex_of(const git_oid& id);

// A handle is freed through the table; nothing is copied.
template <auto Free>
struct FreeBy {
    template <class T>
    void operator()(T* handle) const { (library().*Free)(handle); }
};
using RepositoryHandle = std::unique_ptr<git_repository, FreeBy<&Library::repository_free>>;
using IndexHandle = std::unique_ptr<git_index, FreeBy<&Library::index_free>>;
using ConfigHandle = std::unique_ptr<git_config, FreeBy<&Library::config_free>>;
using CommitHandle = std::unique_ptr<git_commit, FreeBy<&Library::commit_free>>;
using TreeHandle = std::unique_ptr<git_tree, FreeBy<&Library::tree_free>>;
using BlobHandle = std::unique_ptr<git_blob, FreeBy<&Library::blob_free>>;
using OdbHandle = std::unique_ptr<git_odb, FreeBy<&Library::odb_free>>;
using FilterHandle = std::unique_ptr<git_filter_list, FreeBy<&Library::filter_list_free>>;
using DiffHandle = std::unique_ptr<git_diff, FreeBy<&Library::diff_free>>;
using PatchHandle = std::unique_ptr<git_patch, FreeBy<&Library::patch_free>>;

}  // namespace runlake::git
