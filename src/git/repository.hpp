// SPDX-License-Identifier: Apache-2.0
// A git repository as provenance needs it: where it is and what HEAD names, read from files in microseconds, without libgit2 and without a process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace runlake::git {

// Where a repository keeps its things; all absolute. In a linked worktree git_dir is ".git/worktrees/<name>" of the main one, and common_dir its ".git".
struct Location {
    std::string work_tree;
    std::string git_dir;
    std::string common_dir;
};

// The repository that holds `start` (a folder): the nearest parent with a ".git" folder or file. Nothing when there is none, when it is bare or when `start`
// lies inside the ".git" folder itself. A ".git" that can't be read as one is Errc::corrupt.
core::Result<std::optional<Location>> find_repository(const std::string& start);

enum class HeadKind : std::uint8_t {
    commit,   // HEAD names a commit
    unborn,   // HEAD names a branch that has no commit yet
    unknown,  // it could not be told: `reason` says why (a reftable repository, a malformed file)
};

struct Head {
    HeadKind kind = HeadKind::unknown;
    std::string commit;                  // 40 (or 64) lower-case hex digits; "" unless kind is commit
    std::optional<std::string> branch;   // "refs/heads/main"; nothing when detached
    std::string reason;                  // for people; "" unless kind is unknown
};

// What HEAD names now: HEAD, loose references, packed-refs, symbolic references up to 5 deep. Reads at most four small files (packed-refs is searched, not
// parsed). Never fails: what can't be told is HeadKind::unknown.
Head read_head(const Location& where);

// The parsers, for tests and fuzzers. A reference file's text: "ref: <name>" or an object id, ended by white space.
struct Reference {
    std::string symbolic;   // name of another reference, or ""
    std::string object;     // hex digits, or ""
};
core::Result<Reference> parse_reference(std::string_view text);
// The object id of `name` in the text of a packed-refs file.
std::optional<std::string> find_packed(std::string_view packed_refs, std::string_view name);
// Whether a reference name is one that may be joined to a path ("refs/...", no "..", no control characters).
bool is_safe_reference_name(std::string_view name);

}  // namespace runlake::git
