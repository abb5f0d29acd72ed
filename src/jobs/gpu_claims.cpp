// SPDX-License-Identifier: Apache-2.0
#include "jobs/gpu_claims.hpp"

#include <algorithm>
#include <utility>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::jobs {
namespace {

using core::cat;

// A home folder may be shared by many machines, whose GPUs have the same names.
std::string folder_here() {
    const std::optional<std::string> home = os::state_home();
    return home ? cat(*home, "/gpus-", os::machine_id().substr(0, 16)) : "";
}

// As it is where it can be a file's name, so that people can tell them.
std::string file_name(std::string_view gpu) {
    const bool is_plain = gpu.size() <= 64 && std::all_of(gpu.begin(), gpu.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; });
    return is_plain ? std::string(gpu) : core::sha256(gpu).hex().substr(0, 32);
}

core::Error used(std::string_view gpu, const std::string& path) {
    const core::Result<std::optional<os::LeaseHolder>> holder = os::lease_holder(path);
    const std::string who = holder.ok() && holder.value() ? cat(" by process ", holder.value()->process.pid, " (", holder.value()->purpose, ')') : "";
    return {core::Errc::busy, cat("GPU ", gpu, " is used", who)};
}

}  // namespace

GpuClaims GpuClaims::here() { return GpuClaims(folder_here()); }

std::string GpuClaims::path_of(std::string_view gpu, By by) const { return cat(folder_, '/', file_name(gpu), by == By::queue ? ".lease" : ".job.lease"); }

core::Result<std::unique_ptr<os::Lease>> GpuClaims::take(std::string_view gpu, By by) const {
    RL_TRY(os::make_dirs(folder_, 0700, os::point::lease_create));
    os::LeaseOptions options;
    options.purpose = by == By::queue ? "queue run" : "a job that `queue run` has begun";
    const std::string path = path_of(gpu, by);
    core::Result<std::unique_ptr<os::Lease>> lease = os::Lease::take(path, options);
    if (!lease.ok()) { return lease.error().code() == core::Errc::busy ? used(gpu, path) : std::move(lease).take_error(); }
    if (by == By::job) { return lease; }
    // Who handed it out before may have been killed, and its job lives.
    const std::string job = path_of(gpu, By::job);
    RL_ASSIGN(const bool runs, os::lease_lives(job));
    if (runs) { return used(gpu, job); }
    return lease;
}

}  // namespace runlake::jobs
