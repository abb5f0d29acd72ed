// SPDX-License-Identifier: Apache-2.0
// Reads HEAD the way git lays it out on disk (gitrepository-layout, gitglossary), with nothing but small file reads.
#include "git/repository.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::git {
namespace {

constexpr std::uint64_t k_max_reference_bytes = 4096;
constexpr std::uint64_t k_max_packed_bytes = 256U << 20U;
constexpr int k_max_symbolic_depth = 5;

bool is_object_id(std::string_view text) {
    const bool length = text.size() == 40 || text.size() == 64;
    return length && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
}

// The path in a one-line file ("gitdir: ../x", "../.."), made absolute from the folder the file is in.
core::Result<std::string> read_pointer(const std::string& file, std::string_view prefix) {
    RL_ASSIGN(const std::string text, os::read_file(file, k_max_reference_bytes));
    std::string_view path = text;
    if (!path.starts_with(prefix)) {
        return core::Error(core::Errc::corrupt, core::cat("reading ", file, ": it does not begin with \"", prefix, "\""));
    }
    path.remove_prefix(prefix.size());
    while (!path.empty() && (path.back() == '\n' || path.back() == '\r')) { path.remove_suffix(1); }
    if (path.empty() || path.find('\0') != std::string_view::npos) {
        return core::Error(core::Errc::corrupt, core::cat("reading ", file, ": it names no folder"));
    }
    return os::lexically_normal(os::join_path(os::parent_path(file), path));
}

core::Result<std::string> common_dir_of(const std::string& git_dir) {
    const std::string file = os::join_path(git_dir, "commondir");
    if (!os::exists(file)) { return git_dir; }
    return read_pointer(file, "");
}

bool is_git_dir(const std::string& path) { return os::stat_link(os::join_path(path, "HEAD")).has_value(); }

// References that each linked worktree has for itself; all others are shared.
bool is_per_worktree(std::string_view name) {
    return !name.starts_with("refs/") || name.starts_with("refs/bisect/") || name.starts_with("refs/worktree/") ||
           name.starts_with("refs/rewritten/");
}

Head unknown(std::string reason) { return Head{.kind = HeadKind::unknown, .commit = "", .branch = std::nullopt, .reason = std::move(reason)}; }

// What one reference file says; both parts are empty when there is none.
core::Result<Reference> load_loose(const std::string& path) {
    auto text = os::read_file(path, k_max_reference_bytes);
    if (!text.ok()) {
        // A folder may stand where a reference of that name once was ("refs/heads/a" beside "refs/heads/a/b").
        if (text.error().code() == core::Errc::not_found || os::is_dir(path)) { return Reference{}; }
        return std::move(text).take_error();
    }
    auto reference = parse_reference(text.value());
    if (!reference.ok()) { return std::move(reference).take_error().context(core::cat("reading ", path)); }
    return reference;
}

}  // namespace

bool is_safe_reference_name(std::string_view name) {
    if (name.size() > 1024 || !name.starts_with("refs/") || name.ends_with('/')) { return false; }
    for (const std::string_view part : core::split(name, '/')) {
        if (part.empty() || part == "." || part == "..") { return false; }
    }
    return std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\'; });
}

core::Result<Reference> parse_reference(std::string_view text) {
    constexpr std::string_view k_symbolic = "ref:";
    if (text.starts_with(k_symbolic)) {
        const std::string_view name = core::trim(text.substr(k_symbolic.size()));
        if (!is_safe_reference_name(name)) {
            return core::Error(core::Errc::corrupt, "the symbolic reference does not name a reference");
        }
        return Reference{.symbolic = std::string(name), .object = ""};
    }
    const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    if (!is_object_id(text.substr(0, end))) {
        return core::Error(core::Errc::corrupt, "the reference is neither \"ref: <name>\" nor an object id");
    }
    return Reference{.symbolic = "", .object = core::lower_ascii(text.substr(0, end))};
}

std::optional<std::string> find_packed(std::string_view packed_refs, std::string_view name) {
    const std::string needle = core::cat(' ', name);
    for (std::size_t at = packed_refs.find(needle); at != std::string_view::npos; at = packed_refs.find(needle, at + 1)) {
        const std::size_t after = at + needle.size();
        const bool ends = after == packed_refs.size() || packed_refs[after] == '\n' || packed_refs[after] == '\r';
        const std::size_t newline = at == 0 ? std::string_view::npos : packed_refs.rfind('\n', at - 1);
        const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
        const std::string_view object = packed_refs.substr(start, at - start);
        if (ends && is_object_id(object)) { return core::lower_ascii(object); }
    }
    return std::nullopt;
}

core::Result<std::optional<Location>> find_repository(const std::string& start) {
    RL_ASSIGN(const std::string from, os::absolute_path(start));
    for (std::string dir = from;;) {
        const std::string dot_git = os::join_path(dir, ".git");
        if (const auto found = os::stat_path(dot_git)) {
            std::optional<std::string> git_dir;
            if (S_ISDIR(found->st_mode) && is_git_dir(dot_git)) { git_dir = dot_git; }
            if (S_ISREG(found->st_mode)) {
                RL_ASSIGN(git_dir, read_pointer(dot_git, "gitdir: "));
                if (!is_git_dir(*git_dir)) {
                    return core::Error(core::Errc::corrupt, core::cat("reading ", dot_git, ": ", *git_dir, " is not a git folder"));
                }
            }
            if (git_dir) {
                if (os::relative_inside(from, *git_dir)) { return std::optional<Location>{}; }
                RL_ASSIGN(std::string common, common_dir_of(*git_dir));
                return std::optional<Location>(Location{.work_tree = dir, .git_dir = *git_dir, .common_dir = std::move(common)});
            }
        }
        std::string parent = os::parent_path(dir);
        if (parent == dir || parent.empty()) { return std::optional<Location>{}; }
        dir = std::move(parent);
    }
}

Head read_head(const Location& where) {
    std::optional<std::string> branch;
    std::string name = "HEAD";
    for (int depth = 0; depth <= k_max_symbolic_depth; ++depth) {
        const std::string& folder = is_per_worktree(name) ? where.git_dir : where.common_dir;
        const std::string path = os::join_path(folder, name);
        auto loose = load_loose(path);
        if (!loose.ok()) { return unknown(loose.error().message()); }
        Reference& reference = loose.value();
        if (reference.object.empty() && reference.symbolic.empty()) {
            if (depth == 0) { return unknown(core::cat("reading ", path, ": there is no such file")); }
            auto packed = os::read_file(os::join_path(where.common_dir, "packed-refs"), k_max_packed_bytes);
            if (!packed.ok() && packed.error().code() != core::Errc::not_found) { return unknown(packed.error().message()); }
            const auto object = packed.ok() ? find_packed(packed.value(), name) : std::nullopt;
            if (object) { return Head{.kind = HeadKind::commit, .commit = *object, .branch = branch, .reason = ""}; }
            return Head{.kind = HeadKind::unborn, .commit = "", .branch = branch, .reason = ""};
        }
        if (!reference.object.empty()) { return Head{.kind = HeadKind::commit, .commit = reference.object, .branch = branch, .reason = ""}; }
        // With reftable, HEAD holds this name on purpose, and the references are in a binary table.
        if (reference.symbolic == "refs/heads/.invalid") { return unknown("the repository keeps its references as reftable, which is not read"); }
        name = std::move(reference.symbolic);
        branch = name;
    }
    return unknown(core::cat("reading ", os::join_path(where.git_dir, "HEAD"), ": symbolic references more than ", k_max_symbolic_depth, " deep"));
}

}  // namespace runlake::git
