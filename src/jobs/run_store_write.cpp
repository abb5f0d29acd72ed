// SPDX-License-Identifier: Apache-2.0
// Making jobs and changing their documents.
#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "core/python_json.hpp"
#include "core/text.hpp"
#include "jobs/files.hpp"
#include "jobs/run_store.hpp"
#include "os/files.hpp"
#include "os/lease.hpp"
#include "os/stamp.hpp"
#include "os/system.hpp"

namespace runlake::jobs {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::JobId;
using core::Json;
using std::chrono::milliseconds;

constexpr std::chrono::seconds k_lock_limit{30};         // of a holder on another machine: it holds the lock for milliseconds
constexpr std::chrono::seconds k_patience{60};
constexpr milliseconds k_longest_pause{32};
constexpr int k_most_rounds = 1000;                      // of others, not of Runlake, that write the document all the time

core::Status refuse_old(const RunStore& store) {
    if (store.layout() == Layout::signac2) { return core::ok(); }
    return Error(Errc::unsupported, cat("changing the run store ", store.path(), ": it is of signac 1, which is only read here; `signac migrate` brings it up to date"));
}

core::Result<std::unique_ptr<os::Lease>> take_lock(const RunStore& store, const JobId& id) {
    const std::string path = store.lock_path(id);
    os::LeaseOptions options;
    options.purpose = "change the document";
    options.heartbeat_limit = k_lock_limit;
    options.heartbeat = false;
    const std::int64_t give_up = os::system_clock().monotonic_ns() + std::chrono::nanoseconds(k_patience).count();
    milliseconds pause{1};
    bool made_folder = false;
    for (;;) {
        core::Result<std::unique_ptr<os::Lease>> taken = os::Lease::take(path, options);
        if (taken.ok()) { return taken; }
        if (taken.error().code() == Errc::not_found && !made_folder) {
            RL_TRY(store.make_own_folder(path));
            made_folder = true;
            continue;
        }
        if (taken.error().code() != Errc::busy || os::system_clock().monotonic_ns() > give_up) { return taken; }
        // By chance up to twice as long, so that those who wait do not come all at once.
        std::uint8_t chance = 0;
        os::random_bytes(&chance, sizeof chance);
        std::this_thread::sleep_for(pause + pause * chance / 256);
        pause = std::min(pause * 2, k_longest_pause);
    }
}

std::optional<os::Stamp> stamp_of(const std::string& path) {
    const auto info = os::stat_path(path);
    return info ? std::optional(os::Stamp::of(*info)) : std::nullopt;
}

core::Status write_new(const std::string& path, std::string_view text) {
    RL_ASSIGN(const os::Fd file, os::create_exclusive(path, 0666, os::point::job_write));
    RL_TRY(os::write_all(file.get(), text, os::point::job_write, path));
    return os::sync_file(file.get(), os::point::job_write, path);
}

}  // namespace

core::Result<RunStore::Created> RunStore::make(const Json& state_point, const std::function<void(Json& document)>& begin) const {
    RL_TRY(refuse_old(*this));
    RL_TRY(check_state_point(state_point));
    RL_ASSIGN(const JobId id, JobId::of(state_point));
    RL_ASSIGN(const std::string state_text, core::python_json(state_point));
    const std::string final_folder = folder(id);
    const std::string state_file = cat(final_folder, '/', k_state_point_file);
    const auto as_it_is = [&]() -> core::Result<Created> {
        RL_ASSIGN(Job job, read(id));
        return Created{std::move(job), false};
    };
    if (os::exists(state_file)) { return as_it_is(); }

    Json document = Json::object();
    if (begin) { begin(document); }
    RL_ASSIGN(const std::string document_text, core::write_python_json(document));
    // Whole or not at all: made beside under a name that no reader takes for a job's, then renamed.
    if (!os::is_dir(workspace_)) { RL_TRY(os::make_dirs(workspace_, 0777, os::point::job_create)); }
    const std::string making = cat(workspace_, '/', k_making_prefix, id.brief(), '-', os::random_hex(16));
    const core::Status made = [&]() -> core::Status {
        RL_TRY(os::make_dir(making, 0777, os::point::job_create));
        RL_TRY(write_new(cat(making, '/', k_state_point_file), state_text));
        RL_TRY(write_new(cat(making, '/', k_document_file), document_text));
        RL_TRY(os::sync_dir(making, os::point::job_write));
        RL_TRY(os::rename_exclusive(making, final_folder, os::point::job_publish));
        return os::sync_dir(workspace_, os::point::job_publish);
    }();
    if (made.ok()) { return Created{Job{id, state_point, std::move(document), final_folder}, true}; }
    static_cast<void>(os::remove_tree(making, os::point::job_create).ok());
    if (made.error().code() != Errc::conflict) { return core::Error(made.error()).context(cat("making job ", id.str())); }
    if (os::exists(state_file)) { return as_it_is(); }
    // A folder without a state point: who was making it (signac makes the folder first) has gone, or is at it.
    const core::Status mended = os::publish_file(state_file, state_text, 0666, os::Existing::keep, os::Durability::power, os::point::job_write);
    if (!mended.ok() && mended.error().code() != Errc::conflict) { return core::Error(mended.error()).context(cat("making job ", id.str())); }
    const auto fill = [&](Json& now) {
        if (now.as_object()->empty()) { now = document; }
        return core::ok();
    };
    RL_ASSIGN(Job job, update(id, fill));
    return Created{std::move(job), mended.ok()};
}

core::Result<Job> RunStore::update(const JobId& id, const std::function<core::Status(Json& document)>& change) const {
    RL_TRY(refuse_old(*this));
    const std::string doing = cat("changing the document of job ", id.str());
    const std::string path = cat(folder(id), '/', k_document_file);
    if (!os::is_dir(folder(id))) { return Error(Errc::not_found, cat(doing, ": there is no such job in ", workspace_)); }
    core::Result<std::unique_ptr<os::Lease>> taken = take_lock(*this, id);
    if (!taken.ok()) { return std::move(taken).take_error().context(doing); }
    const std::unique_ptr<os::Lease> lock = std::move(taken).take();
    // Other programs (signac) take no lock: what they have written since it was read is not written over but read again.
    for (int round = 0; round < k_most_rounds; ++round) {
        const std::optional<os::Stamp> before = stamp_of(path);
        RL_ASSIGN(Job job, read(id));
        Json document = job.document;
        RL_TRY(change(document));
        if (document == job.document) { return job; }
        core::Result<std::string> text = core::write_python_json(document);
        if (!text.ok()) { return std::move(text).take_error().context(doing); }
        if (stamp_of(path) != before) { continue; }
        if (!lock->is_still_ours()) { return Error(Errc::busy, cat(doing, ": it took so long that another process holds it now; try again")); }
        const core::Status written = os::publish_file(path, text.value(), 0666, os::Existing::replace, os::Durability::power, os::point::job_document_write);
        if (!written.ok()) { return core::Error(written.error()).context(doing); }
        job.document = std::move(document);
        return job;
    }
    return Error(Errc::busy, cat(doing, ": another program writes it all the time"));
}

}  // namespace runlake::jobs
