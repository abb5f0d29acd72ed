// SPDX-License-Identifier: Apache-2.0
#include "ledger/entry.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "ledger/members.hpp"

namespace runlake::ledger {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

struct EndWord {
    JobEnd end;
    std::string_view written;
    std::string_view shown;
};
constexpr std::array k_ends = std::to_array<EndWord>({
    {JobEnd::complete, "complete", "completed"},
    {JobEnd::failed, "failed", "failed"},
    {JobEnd::abandoned, "abandoned", "abandoned"},
    {JobEnd::stopped, "stopped", "stopped"},
});
const EndWord& word_of(JobEnd end) { return *std::ranges::find(k_ends, end, &EndWord::end); }

// A later schema may mean anything by its members: it is refused before any other is looked at.
core::Status check_schema(const Json& entry) {
    const Json* version = entry.find("schema_version");
    if (version == nullptr) { return corrupt("\"schema_version\" is missing"); }
    if (!version->is_integer() && !version->is_big_integer()) { return corrupt("\"schema_version\" is no whole number"); }
    const bool later = version->is_big_integer() || *version->as_integer() > k_job_schema;
    if (later) { return Error(Errc::unsupported, cat("it is of schema ", repeated(core::to_json(*version)), ", this program knows ", k_job_schema)); }
    if (*version->as_integer() != k_job_schema) { return corrupt(cat("there is no schema ", *version->as_integer())); }
    return core::ok();
}

core::Status check_id(const Json& statepoint, const JobId& id) {
    RL_ASSIGN(const JobId made, JobId::of(statepoint));
    if (made != id) { return corrupt("its state point is not the one that its id was made of"); }
    return core::ok();
}

core::Result<std::optional<RunLink>> link_of(const Members& entry) {
    RL_ASSIGN(const Json* found, entry.object("run_link"));
    if (found == nullptr) { return std::optional<RunLink>(); }
    const Members members(*found, "run_link.");
    RunLink link;
    RL_ASSIGN(link.experiment_id, members.needed_text("experiment_id"));
    RL_ASSIGN(link.experiment_path, members.text("experiment_path"));
    RL_ASSIGN(link.hypothesis_id, members.text("hypothesis_id"));
    RL_ASSIGN(link.sub_hypothesis_id, members.text("sub_hypothesis_id"));
    return std::optional(std::move(link));
}

core::Result<std::optional<TrackerPointer>> tracker_of(const Members& entry) {
    RL_ASSIGN(const Json* found, entry.object("tracker"));
    if (found == nullptr) { return std::optional<TrackerPointer>(); }
    const Members members(*found, "tracker.");
    TrackerPointer tracker;
    RL_ASSIGN(tracker.backend, members.text("backend"));
    RL_ASSIGN(tracker.run_id, members.text("run_id"));
    RL_ASSIGN(tracker.url, members.text("url"));
    RL_ASSIGN(tracker.group, members.text("group"));
    RL_ASSIGN(tracker.project, members.text("project"));
    return std::optional(std::move(tracker));
}

}  // namespace

std::string_view job_end_name(JobEnd end) { return word_of(end).written; }
std::string_view run_state_of(JobEnd end) { return word_of(end).shown; }
std::optional<JobEnd> parse_job_end(std::string_view name) {
    const auto* word = std::ranges::find(k_ends, name, &EndWord::written);
    return word == k_ends.end() ? std::nullopt : std::optional(word->end);
}

core::Result<JobEntry> parse_job_entry(std::string_view text, const JobId& id, CheckId check) {
    RL_ASSIGN(const Json whole, core::parse_json(text, "ledger entry"));
    if (!whole.is_object()) { return corrupt("it is no JSON object"); }
    RL_TRY(check_schema(whole));
    const Members members(whole);
    RL_ASSIGN(const Json* statepoint, members.object("statepoint"));
    if (statepoint == nullptr) { return members.missing("statepoint"); }
    RL_ASSIGN(const std::string named, members.needed_text("job_id"));
    if (named != id.str()) { return corrupt(cat("it is the entry of job ", repeated(named))); }
    if (check == CheckId::yes) { RL_TRY(check_id(*statepoint, id)); }

    JobEntry entry{.id = id, .statepoint = *statepoint};
    RL_ASSIGN(entry.end, members.end("status"));
    RL_ASSIGN(entry.promoted_at, members.needed_time("promoted_at"));
    RL_ASSIGN(entry.machine, members.needed_text("registered_machine"));
    RL_ASSIGN(entry.started_at, members.time("started_at"));
    RL_ASSIGN(entry.ended_at, members.time("ended_at"));
    RL_ASSIGN(entry.wallclock_s, members.seconds("wallclock_s"));
    RL_ASSIGN(entry.link, link_of(members));
    RL_ASSIGN(entry.tracker, tracker_of(members));
    RL_ASSIGN(entry.code_commit, members.text("code_commit"));
    RL_ASSIGN(entry.code_dirty, members.flag("code_dirty"));
    return entry;
}

}  // namespace runlake::ledger
