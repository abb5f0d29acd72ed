// SPDX-License-Identifier: Apache-2.0
#include "lake/roots.hpp"

#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Result;

// Paths that begin with one of these variables have this segment after it, as other programs that read the same variables expect.
constexpr std::string_view k_segment = "wonton-soup";
// The folder by which a repository of that layout is known, relative to the project root.
constexpr std::string_view k_dossier = "dossiers/wonton-soup";

// A variable that is set, under whichever of its two names.
struct Given {
    std::string name;
    std::string text;
    bool is_specter = false;
};

// RUNLAKE_<name>, else SPECTER_<name>. `specter_name` may differ.
class Variables {
  public:
    explicit Variables(const RootsInput& input) : input_(input) {}

    Result<std::optional<Given>> find(const char* own, const char* specter) {
        RL_ASSIGN(auto ours, read(own));
        RL_ASSIGN(auto theirs, read(specter));
        if (ours && theirs) { notes.push_back(cat(specter, " is not used: ", own, " is set as well")); }
        if (ours) { return std::optional(Given{own, std::move(*ours), false}); }
        if (theirs) { return std::optional(Given{specter, std::move(*theirs), true}); }
        return std::optional<Given>();
    }

    std::vector<std::string> notes;

  private:
    Result<std::optional<std::string>> read(const char* name) const {
        auto text = input_.variable(name);
        if (text && core::trim(*text).empty()) {
            return Error(Errc::usage, cat("resolving the lake's roots: ", name, " is set but empty: give it a value, or unset it"));
        }
        if (text && text->find('\n') != std::string::npos) { return Error(Errc::usage, cat("resolving the lake's roots: ", name, " holds a line break")); }
        return text;
    }

    const RootsInput& input_;
};

bool is_host(std::string_view text) {
    if (text.empty() || text.front() == '-') { return false; }
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '-' && c != '_') { return false; }
    }
    return true;
}

// "user@host:port"; nothing for anything else. A user or host that begins with a dash would be an option of ssh.
std::optional<Remote> parse_ssh(std::string_view text) {
    const auto at = text.find('@');
    const auto colon = text.rfind(':');
    if (at == std::string_view::npos || colon == std::string_view::npos || colon < at) { return std::nullopt; }
    const auto user = text.substr(0, at);
    const auto host = text.substr(at + 1, colon - at - 1);
    const auto port = core::parse_integer(text.substr(colon + 1));
    if (!is_host(user) || !is_host(host) || !port || *port < 1 || *port > 65535) { return std::nullopt; }
    return Remote{.kind = RemoteKind::ssh, .user = std::string(user), .host = std::string(host), .port = *port, .name = "", .why = ""};
}

Result<Remote> parse_remote(const Given& given) {
    const std::string_view text = given.text;
    std::optional<Remote> remote;
    if (given.is_specter) {
        remote = parse_ssh(text);
    } else if (text.starts_with("ssh://")) {
        remote = parse_ssh(text.substr(6));
    } else if (text.starts_with("rclone:")) {
        const auto name = text.substr(7);
        // What rclone would take for an option, or for a path of this machine, is no remote.
        if (name.find(':') != std::string_view::npos && !name.starts_with(':') && !name.starts_with('-')) {
            remote = Remote{.kind = RemoteKind::rclone, .user = "", .host = "", .port = 0, .name = std::string(name), .why = ""};
        }
    } else {
        remote = parse_ssh(text);
    }
    if (!remote) {
        return Error(Errc::usage, cat("resolving the lake's roots: ", given.name, " can't be '", given.text, "': it takes user@host:port",
                                      given.is_specter ? "" : ", or rclone:NAME: for a remote that rclone knows"));
    }
    remote->why = cat(given.name, " is set");
    return std::move(*remote);
}

class Resolver {
  public:
    Resolver(const RootsInput& input, Given* runtime) : input_(input), runtime_(runtime) {}

    // "<variable>/[segment/]rest", absolute.
    std::string below(const Given& given, std::string_view rest) const {
        std::string path = os::join_path(input_.base, given.text);
        if (given.is_specter) { path = os::join_path(path, k_segment); }
        return os::lexically_normal(os::join_path(path, rest));
    }

    // Where what belongs at `root`, a remote place, is worked on here.
    Root staging(const Given& root, std::string_view rest, std::string_view family, const std::string& own_default) {
        if (runtime_ != nullptr) {
            runtime_used_ = true;
            return {below(*runtime_, rest), cat(root.name, " is set: staged below ", runtime_->name)};
        }
        if (root.is_specter) {
            const std::string base = os::join_path(input_.base, cat("tmp/", family));
            return {os::lexically_normal(os::join_path(base, cat(k_segment, '/', rest))), cat(root.name, " is set and SPECTER_RUNTIME_ROOT is not: staged below tmp/", family)};
        }
        return {own_default, cat(root.name, " is set and RUNLAKE_RUNTIME_ROOT is not: staged where the default is")};
    }

    // A place at the remote. On another machine a relative path would be relative to whatever its login folder is.
    Result<Root> at_remote(const Given& root, std::string_view rest, const std::optional<Remote>& remote) const {
        const std::string why = cat(root.name, " is set", remote ? cat(", reached by ", remote_kind_name(remote->kind)) : std::string());
        if (!remote) { return Root{below(root, rest), why}; }
        if (remote->kind == RemoteKind::ssh && !root.text.starts_with('/')) {
            return Error(Errc::usage, cat("resolving the lake's roots: ", root.name, " can't be '", root.text, "': on another machine it must begin with /"));
        }
        std::string path = root.text;
        if (root.is_specter) { path = os::join_path(path, k_segment); }
        return Root{os::lexically_normal(os::join_path(path, rest)), why};
    }

    bool runtime_used() const { return runtime_used_; }

  private:
    const RootsInput& input_;
    Given* runtime_;
    bool runtime_used_ = false;
};

}  // namespace

std::string_view remote_kind_name(RemoteKind kind) {
    switch (kind) {
        case RemoteKind::folder: return "folder";
        case RemoteKind::ssh: return "ssh";
        case RemoteKind::rclone: return "rclone";
    }
    return "folder";
}

Result<Roots> resolve_roots(const RootsInput& input) {
    Variables variables(input);
    RL_ASSIGN(auto artifacts, variables.find("RUNLAKE_ARTIFACT_ROOT", "SPECTER_ARTIFACT_ROOT"));
    RL_ASSIGN(auto runtime, variables.find("RUNLAKE_RUNTIME_ROOT", "SPECTER_RUNTIME_ROOT"));
    RL_ASSIGN(auto log_root, variables.find("RUNLAKE_LOG_ROOT", "SPECTER_LOG_ROOT"));
    RL_ASSIGN(auto remote_given, variables.find("RUNLAKE_REMOTE", "SPECTER_REMOTE_SSH"));
    std::optional<Remote> remote;
    if (remote_given) {
        RL_ASSIGN(remote, parse_remote(*remote_given));
    }

    Roots roots;
    Resolver resolve(input, runtime ? &*runtime : nullptr);
    const std::string dossier = os::join_path(input.base, k_dossier);
    const bool is_dossier = input.is_folder(dossier);
    const Root own_lake = is_dossier ? Root{os::join_path(dossier, "outputs/lake"), cat("default: the project has ", k_dossier)}
                                     : Root{os::join_path(input.store, "lake"), "default: in the project's store"};
    const Root own_logs = is_dossier ? Root{os::join_path(dossier, "logs"), cat("default: the project has ", k_dossier)}
                                     : Root{os::join_path(input.base, "logs"), "default: logs in the project"};

    roots.lake = artifacts ? resolve.staging(*artifacts, "artifacts/lake", "runtime-artifacts", own_lake.path) : own_lake;
    roots.logs = log_root ? resolve.staging(*log_root, "logs", "runtime-logs", own_logs.path) : own_logs;
    if (artifacts) {
        RL_ASSIGN(roots.remote_lake, resolve.at_remote(*artifacts, "artifacts/lake", remote));
    }
    if (log_root) {
        RL_ASSIGN(roots.remote_logs, resolve.at_remote(*log_root, "logs", remote));
        RL_ASSIGN(roots.remote_log_archives, resolve.at_remote(*log_root, "log-archives", remote));
    }
    roots.notes = std::move(variables.notes);
    if (artifacts || log_root) {
        if (!remote) { remote = Remote{.kind = RemoteKind::folder, .user = "", .host = "", .port = 0, .name = "", .why = "no RUNLAKE_REMOTE: the remote roots are folders here"}; }
        roots.remote = std::move(remote);
    } else if (remote) {
        roots.notes.push_back(cat(remote_given->name, " changes nothing: neither RUNLAKE_ARTIFACT_ROOT nor RUNLAKE_LOG_ROOT is set"));
    }
    if (runtime && !resolve.runtime_used()) {
        roots.notes.push_back(cat(runtime->name, " changes nothing: neither RUNLAKE_ARTIFACT_ROOT nor RUNLAKE_LOG_ROOT is set"));
    }
    roots.database = os::join_path(roots.lake.path, "lake.duckdb");
    roots.exports = os::join_path(roots.lake.path, "exports");
    roots.jobs = os::join_path(roots.lake.path, "jobs");
    roots.references = os::join_path(roots.lake.path, "reference");
    return roots;
}

}  // namespace runlake::lake
