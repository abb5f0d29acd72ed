// SPDX-License-Identifier: Apache-2.0
// How many processors this process may use.
#include <sched.h>

#include <algorithm>
#include <cerrno>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "os/system_parts.hpp"

namespace runlake::os {
namespace {

struct CpuSet {
    explicit CpuSet(int processors) : set(CPU_ALLOC(static_cast<std::size_t>(processors))), bytes(CPU_ALLOC_SIZE(static_cast<std::size_t>(processors))) {}
    CpuSet(const CpuSet&) = delete;
    CpuSet& operator=(const CpuSet&) = delete;
    ~CpuSet() { CPU_FREE(set); }
    cpu_set_t* set;
    std::size_t bytes;
};

int affinity_processors() {
    // The kernel refuses a set that is smaller than its own.
    for (int size = 1024; size <= 1 << 20; size *= 2) {
        const CpuSet cpus(size);
        if (::sched_getaffinity(0, cpus.bytes, cpus.set) == 0) { return std::max(1, CPU_COUNT_S(cpus.bytes, cpus.set)); }
        if (errno != EINVAL) { break; }
    }
    return 1;
}

std::optional<std::int64_t> read_integer(const std::string& path) {
    const core::Result<std::string> text = read_file(path, 4096);
    if (!text.ok()) { return std::nullopt; }
    return core::parse_integer(core::trim(text.value()));
}

std::optional<int> whole_processors(std::optional<std::int64_t> quota, std::optional<std::int64_t> period) {
    if (!quota || !period || *quota <= 0 || *period <= 0) { return std::nullopt; }
    const std::int64_t count = *quota / *period + (*quota % *period != 0 ? 1 : 0);
    return static_cast<int>(std::clamp<std::int64_t>(count, 1, 1 << 20));
}

std::optional<int> quota_v2(const std::string& folder) {
    const core::Result<std::string> text = read_file(folder + "/cpu.max", 4096);
    if (!text.ok()) { return std::nullopt; }
    const std::vector<std::string_view> words = core::split(core::trim(text.value()), ' ');
    if (words.size() != 2) { return std::nullopt; }
    return whole_processors(core::parse_integer(words[0]), core::parse_integer(words[1]));  // "max" is no number: no quota
}

std::optional<int> quota_v1(const std::string& folder) {
    return whole_processors(read_integer(folder + "/cpu.cfs_quota_us"), read_integer(folder + "/cpu.cfs_period_us"));
}

// A group's own limit and those of all its parents; inside a container the group may be named by a path that is not mounted, then only the root is looked at.
template <class Read>
void tighten(std::optional<int>& tightest, const std::string& mount, std::string_view group, Read read) {
    std::string path = lexically_normal(core::cat('/', group));
    for (;;) {
        const std::optional<int> found = read(path == "/" ? mount : mount + path);
        if (found) { tightest = std::min(*found, tightest.value_or(*found)); }
        if (path == "/") { return; }
        path = parent_path(path);
    }
}

}  // namespace

std::optional<int> quota_processors(std::string_view cgroup_text, const std::string& mount) {
    std::optional<int> tightest;
    for (const std::string_view line : core::split(cgroup_text, '\n')) {
        const std::size_t first = line.find(':');
        const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
        if (second == std::string_view::npos) { continue; }
        const std::string_view controllers = line.substr(first + 1, second - first - 1);
        const std::string_view group = line.substr(second + 1);
        if (controllers.empty()) {
            tighten(tightest, mount, group, quota_v2);
            continue;
        }
        for (const std::string_view controller : core::split(controllers, ',')) {
            if (controller == "cpu") { tighten(tightest, core::cat(mount, "/", is_dir(core::cat(mount, '/', controllers)) ? controllers : "cpu"), group, quota_v1); }
        }
    }
    return tightest;
}

int usable_processors() {
    const int affine = affinity_processors();
    const core::Result<std::string> groups = read_file("/proc/self/cgroup", 1U << 20U);
    if (!groups.ok()) { return affine; }
    return std::min(affine, quota_processors(groups.value(), "/sys/fs/cgroup").value_or(affine));
}

}  // namespace runlake::os
