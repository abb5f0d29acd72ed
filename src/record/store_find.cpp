// SPDX-License-Identifier: Apache-2.0
// Finding the project root: parents with .runlake or .git, and the way from a git worktree to its main worktree.
#include <string_view>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "record/store.hpp"

namespace runlake::record {
namespace {

constexpr std::uint64_t k_max_git_file_bytes = 64U << 10U;

bool same_folder(const std::string& a, const std::string& b) {
    const auto first = os::stat_path(a);
    const auto second = os::stat_path(b);
    return first && second && first->st_dev == second->st_dev && first->st_ino == second->st_ino;
}

bool is_home(const std::string& dir) {
    const auto home = os::env("HOME");
    return home && home->starts_with('/') && same_folder(*home, dir);
}

// The nearest folder at or above `start` for which `has` answers true; the home folder is passed over.
template <class Has>
std::optional<std::string> nearest_parent(const std::string& start, const Has& has) {
    std::string dir = start;
    for (;;) {
        if (has(dir) && !is_home(dir)) { return dir; }
        std::string parent = os::parent_path(dir);
        if (parent == dir || parent.empty()) { return std::nullopt; }
        dir = std::move(parent);
    }
}

std::optional<std::string> read_trimmed(const std::string& path) {
    auto text = os::read_file(path, k_max_git_file_bytes);
    if (!text.ok()) { return std::nullopt; }
    return std::string(core::trim(text.value()));
}

// "worktree = <path>" of section [core] in a git configuration; enough of its syntax for what git itself writes there.
std::optional<std::string> core_worktree(const std::string& config_path) {
    auto text = os::read_file(config_path, 1U << 20U);
    if (!text.ok()) { return std::nullopt; }
    bool in_core = false;
    for (const auto line : core::split(text.value(), '\n')) {
        const auto words = core::trim(line);
        if (words.starts_with('[')) {
            in_core = core::lower_ascii(words) == "[core]";
        } else if (in_core) {
            const auto equals = words.find('=');
            if (equals != std::string_view::npos && core::lower_ascii(core::trim(words.substr(0, equals))) == "worktree") {
                return std::string(core::trim(words.substr(equals + 1)));
            }
        }
    }
    return std::nullopt;
}

// The main worktree of the linked worktree at `top`, whose .git is a file. Nothing when it is none (a submodule, a separate git directory), or when there is no
// main worktree (a bare repository).
std::optional<std::string> main_worktree(const std::string& top) {
    const auto link = read_trimmed(top + "/.git");
    constexpr std::string_view k_prefix = "gitdir:";
    if (!link || !link->starts_with(k_prefix)) { return std::nullopt; }
    const std::string git_dir = os::lexically_normal(os::join_path(top, core::trim(std::string_view(*link).substr(k_prefix.size()))));
    // Only a linked worktree's own git directory has this file; it names the directory that all worktrees share.
    const auto common_text = read_trimmed(git_dir + "/commondir");
    if (!common_text || common_text->empty()) { return std::nullopt; }
    auto common = os::absolute_path(os::join_path(git_dir, *common_text));
    if (!common.ok()) { return std::nullopt; }
    std::string main = os::parent_path(common.value());
    if (os::base_name(common.value()) != ".git") {
        const auto named = core_worktree(common.value() + "/config");
        if (!named) { return std::nullopt; }
        main = os::join_path(common.value(), *named);
    }
    auto absolute = os::absolute_path(main);
    if (!absolute.ok() || !os::is_dir(absolute.value()) || is_home(absolute.value())) { return std::nullopt; }
    return std::move(absolute).take();
}

bool has_git(const std::string& dir) { return os::exists(dir + "/.git"); }

}  // namespace

std::optional<std::string> find_project_root(const std::string& start) {
    auto absolute = os::absolute_path(start);
    if (!absolute.ok()) { return std::nullopt; }
    auto root = nearest_parent(absolute.value(), [](const std::string& dir) { return os::is_dir(dir + "/.runlake"); });
    if (!root) { root = nearest_parent(absolute.value(), has_git); }
    if (!root) { return std::nullopt; }

    // A worktree's checkout may hold a committed .runlake/config.yaml, so also what was found by .runlake is led to the main worktree.
    const auto top = nearest_parent(*root, has_git);
    if (!top || os::is_dir(*top + "/.git")) { return root; }
    const auto main = main_worktree(*top);
    if (!main) { return root; }
    const auto inside = os::relative_inside(*root, *top);
    if (!inside || inside->empty() || *inside == ".") { return main; }
    std::string twin = os::join_path(*main, *inside);
    return os::is_dir(twin) ? twin : *root;
}

}  // namespace runlake::record
