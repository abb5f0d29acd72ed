// SPDX-License-Identifier: Apache-2.0
// Reading jobs: one, those that a prefix names, all of them.
#include "jobs/run_store.hpp"

#include <dirent.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "core/hex.hpp"
#include "core/text.hpp"
#include "jobs/reader.hpp"
#include "os/files.hpp"
#include "os/parallel.hpp"
#include "os/system.hpp"

namespace runlake::jobs {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;
using core::JobId;

constexpr std::size_t k_id_digits = 32;
constexpr std::size_t k_shown_candidates = 10;
constexpr int k_deepest = 100;
constexpr std::size_t k_many = 64;                    // fewer jobs are not worth threads
constexpr int k_most_threads = 16;

core::Status check_value(const Json& value, const std::string& place, int depth) {
    const auto wrong = [&](std::string_view why) { return Error(Errc::usage, cat("the state point", place.empty() ? "" : cat(" at ", place), ": ", why)); };
    if (depth > k_deepest) { return wrong(cat("it is nested more than ", k_deepest, " levels deep")); }
    if (const double* number = value.as_float(); number != nullptr && !std::isfinite(*number)) {
        return wrong(cat(core::format_float(*number), " is no number that a state point can hold; leave it out, or write it as a text"));
    }
    if (const core::JsonArray* items = value.as_array()) {
        for (std::size_t i = 0; i < items->size(); ++i) { RL_TRY(check_value((*items)[i], cat(place, '[', i, ']'), depth + 1)); }
    } else if (const core::JsonObject* members = value.as_object()) {
        for (const auto& [name, member] : *members) {
            if (name.empty()) { return wrong("a key is empty"); }
            if (name.find('.') != std::string::npos) { return wrong(cat("the key \"", name, "\" has a dot, which signac does not allow: nest it, or use another character")); }
            RL_TRY(check_value(member, place.empty() ? name : cat(place, '.', name), depth + 1));
        }
    }
    return core::ok();
}

}  // namespace

core::Status check_state_point(const Json& state_point) {
    if (!state_point.is_object()) { return Error(Errc::usage, "the state point is no JSON object"); }
    return check_value(state_point, "", 0);
}

core::Result<std::vector<JobId>> RunStore::ids() const {
    std::vector<JobId> found;
    const auto listed = os::list_dir(workspace_);
    if (!listed.ok()) {
        if (listed.error().code() == Errc::not_found) { return found; }
        return listed.error();
    }
    found.reserve(listed.value().size());
    for (const os::DirEntry& entry : listed.value()) {   // sorted
        if (entry.name.size() != k_id_digits || entry.type == DT_REG) { continue; }
        if (auto id = JobId::parse(entry.name); id.ok()) { found.push_back(std::move(id).take()); }
    }
    return found;
}

core::Result<JobId> RunStore::resolve(std::string_view text) const {
    const std::string doing = cat("looking for job \"", core::valid_utf8(core::cut_utf8(text, 80)), '"');
    if (text.empty() || text.size() > k_id_digits || !core::is_hex(text)) { return Error(Errc::usage, cat(doing, ": a job is named by the beginning of its id, of at most 32 digits of 0-9 and a-f")); }
    const auto not_there = [&] { return Error(Errc::not_found, cat(doing, ": there is none in ", workspace_)); };
    if (text.size() == k_id_digits) {
        RL_ASSIGN(const JobId whole, JobId::parse(text));
        if (!os::is_dir(folder(whole))) { return not_there(); }
        return whole;
    }
    RL_ASSIGN(const std::vector<JobId> all, ids());
    const auto first = std::ranges::lower_bound(all, text, {}, [](const JobId& id) { return std::string_view(id.str()); });
    const auto last = std::find_if(first, all.end(), [&](const JobId& id) { return !id.str().starts_with(text); });
    if (first == last) { return not_there(); }
    if (last - first == 1) { return *first; }
    std::string candidates;
    for (auto at = first; at != last && static_cast<std::size_t>(at - first) < k_shown_candidates; ++at) { candidates += "\n  " + at->str(); }
    const auto count = static_cast<std::size_t>(last - first);
    if (count > k_shown_candidates) { candidates += cat("\n  and ", count - k_shown_candidates, " more"); }
    return Error(Errc::conflict, cat(doing, ": ", count, " jobs begin with it; give more of the id:", candidates));
}

core::Result<Job> RunStore::read(const JobId& id) const {
    core::Result<JobReader> reader = JobReader::open(workspace_);
    if (!reader.ok()) {
        if (reader.error().code() == Errc::not_found) { return Error(Errc::not_found, cat("reading job ", id.str(), ": there is none in ", workspace_)); }
        return std::move(reader).take_error();
    }
    return reader.value().read(id);
}

core::Result<Jobs> RunStore::read_all() const {
    RL_ASSIGN(const std::vector<JobId> all, ids());
    std::vector<std::optional<core::Result<Job>>> read_jobs(all.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        constexpr std::size_t k_chunk = 32;
        core::Result<JobReader> reader = JobReader::open(workspace_);
        for (;;) {
            const std::size_t begin = next.fetch_add(k_chunk);
            if (begin >= all.size()) { return; }
            for (std::size_t i = begin; i < std::min(begin + k_chunk, all.size()); ++i) { read_jobs[i].emplace(reader.ok() ? reader.value().read(all[i]) : core::Result<Job>(reader.error())); }
        }
    };
    if (all.size() < k_many) {
        work();
    } else {
        // More than processors: they wait for the disk or the file server.
        os::on_threads(static_cast<std::size_t>(std::clamp(2 * os::usable_processors(), 4, k_most_threads)), work);
    }
    Jobs jobs;
    jobs.jobs.reserve(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (read_jobs[i]->ok()) {
            jobs.jobs.push_back(std::move(*read_jobs[i]).take());
        } else if (read_jobs[i]->error().code() != Errc::not_found) {   // else: removed meanwhile
            jobs.left_out.push_back({all[i], read_jobs[i]->error()});
        }
    }
    return jobs;
}

}  // namespace runlake::jobs
