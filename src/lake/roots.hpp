// SPDX-License-Identifier: Apache-2.0
// Where the lake, the logs and their remote counterparts are, and why. Pure: the environment is passed in. Documentation: docs/cli/lake-paths.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace runlake::lake {

// A path and the reason for it, which names the variable that decided: "RUNLAKE_ARTIFACT_ROOT is set: ...".
struct Root {
    std::string path;
    std::string why;
};

enum class RemoteKind : std::uint8_t {
    folder,  // the remote roots are paths on this machine: a mount
    ssh,
    rclone,
};
std::string_view remote_kind_name(RemoteKind kind);

// How remote roots are reached.
struct Remote {
    RemoteKind kind = RemoteKind::folder;
    std::string user;          // ssh
    std::string host;          // ssh
    std::int64_t port = 0;     // ssh
    std::string name;          // rclone: the remote, and what stands after its colon
    std::string why;
};

struct Roots {
    Root lake;                       // lake.duckdb and the three folders below are in it
    std::string database;            // <lake>/lake.duckdb
    std::string exports;             // <lake>/exports
    std::string jobs;                // <lake>/jobs
    std::string references;          // <lake>/reference
    Root logs;                       // where `lake reconcile` looks without --logs-dir
    std::optional<Root> remote_lake;          // only when an artifact root is set
    std::optional<Root> remote_logs;          // only when a log root is set
    std::optional<Root> remote_log_archives;
    std::optional<Remote> remote;             // only when there is a remote root
    std::vector<std::string> notes;           // variables that are set and change nothing
};

struct RootsInput {
    std::string base;    // absolute: the project root; relative variables are taken from here
    std::string store;   // absolute: <root>/.runlake
    std::function<std::optional<std::string>(const char*)> variable;  // as os::env
    std::function<bool(const std::string&)> is_folder;                // as os::is_dir
};

// Errc::usage: a variable is set but empty, or has a form that it can't have; the message names it. All paths are absolute and normal (but those on an rclone remote).
core::Result<Roots> resolve_roots(const RootsInput& input);

}  // namespace runlake::lake
