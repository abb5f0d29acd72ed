// SPDX-License-Identifier: Apache-2.0
// Inside os and its tests: what system.hpp answers, computed from given roots instead of the real ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runlake::os {

struct MachineSources {
    std::string machine_id_file;             // "/etc/machine-id"
    std::optional<std::string> state_home;   // where an id may be kept
    std::string host;
    std::string boot;
};
std::string compute_machine_id(const MachineSources& sources);
std::string label_of(std::string_view host);

// Processors that the cgroup's quota allows, rounded up; nothing when there is no quota. `cgroup_text` is the content of /proc/self/cgroup, `mount` the folder
// under which the hierarchies are mounted ("/sys/fs/cgroup"). The tightest of the group and its parents counts.
std::optional<int> quota_processors(std::string_view cgroup_text, const std::string& mount);

// State letter and start time of a /proc/<pid>/stat line; nothing when it is none.
struct ProcStat {
    char state = '?';
    std::uint64_t start_ticks = 0;
};
std::optional<ProcStat> parse_proc_stat(std::string_view text);

// The first of the places at which a "lib/runlake" may be for a program or library in `folder`, or nothing.
std::optional<std::string> lib_dir_near(const std::string& folder);

}  // namespace runlake::os
