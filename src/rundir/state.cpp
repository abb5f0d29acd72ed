// SPDX-License-Identifier: Apache-2.0
// States, from DONE records and leases.
#include "rundir/state.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "rundir/parts.hpp"

namespace runlake::rundir {
namespace {

constexpr std::array<std::string_view, 6> k_names = {"absent", "running", "abandoned", "partial", "done", "corrupt"};

void find_corrupt(InstanceStatus& status, std::string problem, std::vector<Difference> differences = {}) {
    status.state = State::corrupt;
    status.problem = std::move(problem);
    status.differences = std::move(differences);
}

std::string describe(const std::vector<Difference>& differences) {
    std::array<std::size_t, 3> counts{};
    for (const Difference& difference : differences) { ++counts.at(static_cast<std::size_t>(difference.kind)); }
    std::string text;
    const auto say = [&](DifferenceKind kind, std::string_view word) {
        const std::size_t n = counts.at(static_cast<std::size_t>(kind));
        if (n > 0) { text += core::cat(text.empty() ? "" : ", ", n, n == 1 ? " file " : " files ", word); }
    };
    say(DifferenceKind::missing, "missing");
    say(DifferenceKind::changed, "changed");
    say(DifferenceKind::added, "added");
    return text;
}

core::Status check_files(const RunDir& run_dir, InstanceStatus& status, Check check, const std::optional<std::string>& digest_cache) {
    const core::Result<Manifest> manifest = read_manifest(run_dir, *status.done);
    if (!manifest.ok()) {
        if (manifest.error().code() == core::Errc::io) { return manifest.error(); }
        find_corrupt(status, manifest.error().message());
        return core::ok();
    }
    if (check == Check::records) { return core::ok(); }
    const std::string out = run_dir.published(status.which, status.done->key.key) + "/out";
    RL_ASSIGN(std::vector<Difference> differences, verify_tree(out, manifest.value(), digest_cache, check == Check::content));
    if (!differences.empty()) {
        std::string problem = core::cat(describe(differences), " in ", out);
        find_corrupt(status, std::move(problem), std::move(differences));
    }
    return core::ok();
}

// What an instance without a current result is.
core::Status judge_without_result(const RunDir& run_dir, InstanceStatus& status) {
    RL_ASSIGN(const std::vector<core::Digest> keys, list_keys(run_dir, status.which));
    for (const core::Digest& key : keys) {
        const core::Result<std::optional<DoneRecord>> done = read_done(run_dir, status.which, key);
        if (done.ok()) { continue; }
        if (done.error().code() == core::Errc::io) { return done.error(); }
        find_corrupt(status, done.error().message());
        return core::ok();
    }
    if (status.holder) {
        status.state = State::abandoned;
    } else {
        status.state = keys.empty() ? State::absent : State::partial;
    }
    return core::ok();
}

core::Result<InstanceStatus> status_of(const RunDir& run_dir, const StageInstance& which, Check check, const std::optional<std::string>& digest_cache) {
    InstanceStatus status{.which = which, .state = State::absent, .done = std::nullopt, .holder = std::nullopt, .differences = {}, .problem = ""};
    const std::string lease = run_dir.lease(which);
    core::Result<std::optional<os::LeaseHolder>> holder = os::lease_holder(lease);
    if (holder.ok()) { status.holder = std::move(holder).take(); }
    RL_ASSIGN(const bool lives, os::lease_lives(lease));
    RL_ASSIGN(status.done, current_result(run_dir, which));
    if (lives) {
        status.state = State::running;
    } else if (status.done) {
        status.state = State::done;
        RL_TRY(check_files(run_dir, status, check, digest_cache));
    } else {
        RL_TRY(judge_without_result(run_dir, status));
    }
    return status;
}

State whole(const std::vector<InstanceStatus>& instances, const Attempts& attempts) {
    const auto any = [&](State state) { return std::any_of(instances.begin(), instances.end(), [&](const InstanceStatus& one) { return one.state == state; }); };
    if (any(State::corrupt)) { return State::corrupt; }
    if (any(State::running) || attempts.living > 0) { return State::running; }
    if (any(State::abandoned) || attempts.dead > 0) { return State::abandoned; }
    if (!any(State::done) && !any(State::partial)) { return State::absent; }
    return std::all_of(instances.begin(), instances.end(), [](const InstanceStatus& one) { return one.state == State::done; }) ? State::done : State::partial;
}

}  // namespace

std::string_view state_name(State state) { return k_names.at(static_cast<std::size_t>(state)); }

core::Result<Attempts> attempts_now(const RunDir& run_dir) {
    Attempts attempts;
    const core::Result<std::vector<os::DirEntry>> entries = os::list_dir(run_dir.leases());
    if (!entries.ok()) {
        if (entries.error().code() == core::Errc::not_found) { return attempts; }
        return entries.error();
    }
    for (const os::DirEntry& entry : entries.value()) {
        if (!is_attempt_lease(entry.name)) { continue; }
        RL_ASSIGN(const bool lives, os::lease_lives(os::join_path(run_dir.leases(), entry.name)));
        ++(lives ? attempts.living : attempts.dead);
    }
    return attempts;
}

core::Result<RunDirStatus> status_of(const RunDir& run_dir, Check check, const std::optional<std::string>& digest_cache) {
    RunDirStatus status;
    RL_ASSIGN(const std::vector<StageInstance> instances, list_instances(run_dir));
    for (const StageInstance& which : instances) {
        RL_ASSIGN(InstanceStatus one, status_of(run_dir, which, check, digest_cache));
        status.instances.push_back(std::move(one));
    }
    RL_ASSIGN(status.attempts, attempts_now(run_dir));
    status.state = whole(status.instances, status.attempts);
    return status;
}

}  // namespace runlake::rundir
