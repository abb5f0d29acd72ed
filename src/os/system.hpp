// SPDX-License-Identifier: Apache-2.0
// The machine, the process and the environment that Runlake runs in: read only.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"

namespace runlake::os {

// CLOCK_REALTIME and CLOCK_MONOTONIC.
const core::Clock& system_clock();

void random_bytes(void* out, std::size_t count);  // getrandom(2); aborts if the kernel has none
core::RunId new_run_id();
std::string random_hex(std::size_t digits);

std::optional<std::string> env(const char* name);  // set but empty is an empty string
std::map<std::string, std::string> all_env();      // every variable of the process, by name

// 32 hex digits that name this machine: SHA-256 of "runlake-machine" and /etc/machine-id, cut; when that file is missing, empty or "uninitialized", of
// an id kept per host name under $XDG_STATE_HOME/runlake (or ~/.local/state/runlake), and failing that of host name and boot id. Computed once.
const std::string& machine_id();
std::string host_name();
// Host name made fit for a folder name: [a-z0-9-], at most 24 characters, "machine" when nothing is left.
std::string machine_label();
const std::string& boot_id();          // 32 hex digits, "" when the kernel does not tell

// A process that a later one can recognise, or tell to be gone.
struct ProcessId {
    std::string machine;       // machine_id()
    std::string boot;          // boot_id()
    std::uint64_t pid_ns = 0;
    pid_t pid = 0;
    std::uint64_t start_ticks = 0;  // field 22 of /proc/<pid>/stat, 0 when unknown
    bool operator==(const ProcessId&) const = default;
};
const ProcessId& this_process();                    // computed again after a fork
std::optional<std::uint64_t> start_ticks(pid_t pid);  // nothing when there is no such process (a zombie counts as gone)

enum class Liveness : std::uint8_t {
    alive,
    dead,         // certain: same machine, boot and pid namespace, no such process; or same machine, another boot
    unknowable,   // another machine or pid namespace
};
Liveness liveness(const ProcessId& process);

// Processors this process may use: affinity and the cgroup's quota (v1 and v2), at least 1.
int usable_processors();

// Folders by the XDG rules: cache "$XDG_CACHE_HOME/runlake" or "$HOME/.cache/runlake", and likewise; nothing without a home.
std::optional<std::string> cache_home();
std::optional<std::string> state_home();
std::optional<std::string> config_home();

bool is_terminal(int fd);
int terminal_width(int fd);  // columns, from the terminal, else $COLUMNS, else 80
std::string executable_path();  // of the running program, links resolved
// The folder "lib/runlake" that belongs to this build or installation: beside the executable or the shared library that this code is in.
std::string private_lib_dir();

}  // namespace runlake::os
