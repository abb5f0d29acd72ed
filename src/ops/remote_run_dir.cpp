// SPDX-License-Identifier: Apache-2.0
// Run directories given by a path or an address.
#include "ops/remote_run_dir.hpp"

#include <utility>

#include "core/text.hpp"
#include "fingerprint/input.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

constexpr std::size_t k_random_digits = 16;

}  // namespace

core::Result<RunDirToRead> RunDirToRead::open(const std::string& given, rundir::FetchDepth depth) {
    if (!rundir::RemoteUri::is_one(given)) { return RunDirToRead(given, std::nullopt, ""); }
    RL_ASSIGN(const rundir::RemoteUri uri, rundir::RemoteUri::parse(given));
    const std::string temporary = core::cat(os::env("TMPDIR").value_or("/tmp"), "/runlake-remote-", os::random_hex(k_random_digits));
    RL_TRY(os::make_dir(temporary, 0700, os::point::remote_write));
    RunDirToRead copy(core::cat(temporary, '/', uri.name()), given, temporary);
    RL_TRY(rundir::fetch(uri, copy.path_, depth));
    return copy;
}

RunDirToRead::RunDirToRead(RunDirToRead&& other) noexcept : path_(std::move(other.path_)), address_(std::move(other.address_)), temporary_(std::exchange(other.temporary_, {})) {}

RunDirToRead::~RunDirToRead() {
    if (!temporary_.empty()) { static_cast<void>(os::remove_tree(temporary_, os::point::remote_write).ok()); }
}

core::Result<RunDirToWorkIn> bring_run_dir(const std::string& given, const std::string& store_dir) {
    if (!rundir::RemoteUri::is_one(given)) { return RunDirToWorkIn{given, std::nullopt}; }
    RL_ASSIGN(rundir::RemoteUri uri, rundir::RemoteUri::parse(given));
    const std::string folder = rundir::remote_folder(store_dir, uri);
    const auto pulled = rundir::pull(uri, folder, fingerprint::digests_dir(store_dir));
    // One that was made here and could not be sent yet is nowhere else.
    const bool is_here_alone = !pulled.ok() && pulled.error().code() == core::Errc::not_found && os::exists(folder + "/run.json");
    if (!pulled.ok() && !is_here_alone) { return pulled.error(); }
    return RunDirToWorkIn{folder, std::move(uri)};
}

core::Result<std::string> local_base(const std::string& base, const std::string& store_dir) {
    if (!rundir::RemoteUri::is_one(base)) { return base; }
    RL_ASSIGN(const rundir::RemoteUri uri, rundir::RemoteUri::parse(base));
    return rundir::remote_base_folder(store_dir, uri);
}

core::Result<std::optional<rundir::RemoteUri>> address_below(const std::string& base, const std::string& run_dir) {
    if (!rundir::RemoteUri::is_one(base)) { return std::optional<rundir::RemoteUri>(); }
    RL_ASSIGN(const rundir::RemoteUri uri, rundir::RemoteUri::parse(base));
    RL_ASSIGN(rundir::RemoteUri child, rundir::RemoteUri::parse(uri.child(os::base_name(run_dir))));
    return std::optional<rundir::RemoteUri>(std::move(child));
}

core::Result<rundir::Pushed> send_run_dir(const rundir::RunDir& run_dir, const rundir::RemoteUri& uri, const std::string& store_dir) {
    core::Result<rundir::Pushed> pushed = rundir::push(run_dir, uri, fingerprint::digests_dir(store_dir));
    if (pushed.ok()) { return pushed; }
    const core::Error why = std::move(pushed).take_error();
    return core::Error(why.code(), core::cat(why.message(), "; the results are kept in ", run_dir.path(), ", and `pipeline run --run-dir ", uri.text(), "` sends them when it runs again"));
}

}  // namespace runlake::ops
