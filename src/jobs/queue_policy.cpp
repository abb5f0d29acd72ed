// SPDX-License-Identifier: Apache-2.0
#include "jobs/queue_policy.hpp"

#include <utility>

#include "core/text.hpp"
#include "jobs/document.hpp"
#include "jobs/queue_entry.hpp"

namespace runlake::jobs {
namespace {

using core::Json;

constexpr std::size_t k_tail_bytes = 2048;

Json member(const Json& object, std::string_view name) {
    const Json* found = object.find(name);
    return found != nullptr && found->is_object() ? *found : Json::object();
}

bool was_asked_to_stop(const Json& document) { return member(member(document, key::runlake), "queue").find("stop") != nullptr; }

}  // namespace

JobStatus after_attempt(const Json& document, AttemptEnd end) {
    const std::optional<QueueEntry> entry = entry_of(document);
    const bool is_asked_to_stop = was_asked_to_stop(document);
    switch (end) {
        case AttemptEnd::completed: return JobStatus::complete;
        case AttemptEnd::stopped: return JobStatus::stopped;
        case AttemptEnd::failed:
        case AttemptEnd::timed_out:
            // What fails because it was asked to stop was stopped.
            if (is_asked_to_stop && end == AttemptEnd::failed) { return JobStatus::stopped; }
            return entry && entry->failures < entry->retries ? JobStatus::queued : JobStatus::failed;
        case AttemptEnd::lost:
            if (is_asked_to_stop) { return JobStatus::stopped; }
            if (!entry) { return JobStatus::abandoned; }
            return entry->lost + 1 < k_most_lost ? JobStatus::queued : JobStatus::failed;
    }
    return JobStatus::failed;
}

void note_attempt(Json& document, AttemptEnd end, const AttemptError& error) {
    const std::optional<QueueEntry> entry = entry_of(document);
    if (!entry) { return; }
    Json queue = member(document, key::queue);
    Json own = member(document, key::runlake);
    Json place = member(own, "queue");
    erase(queue, key::proc);
    if (end == AttemptEnd::completed) {
        erase(queue, key::last_error);
    } else {
        Json last = Json::object();
        last.set_if("returncode", error.returncode).set("stderr_tail", core::valid_utf8(error.stderr_tail.substr(error.stderr_tail.size() > k_tail_bytes ? error.stderr_tail.size() - k_tail_bytes : 0)));
        last.set("failed_at", format_time(error.at));
        if (was_asked_to_stop(document)) {
            last.set("cause", "operator_stop");
        } else if (end == AttemptEnd::timed_out) {
            last.set("cause", "time_limit");
        } else if (end == AttemptEnd::lost) {
            last.set("cause", "lost");
        }
        queue.set(key::last_error, std::move(last));
    }
    if (end == AttemptEnd::failed || end == AttemptEnd::timed_out) { place.set("failures", entry->failures + 1); }
    if (end == AttemptEnd::lost) { place.set("lost", entry->lost + 1); }
    erase(place, "stop");
    erase(place, "stop_grace_s");
    // Its task of Slurm has done what it could: another attempt is another task.
    erase(place, "slurm");
    own.set("queue", std::move(place));
    document.set(key::queue, std::move(queue));
    document.set(key::runlake, std::move(own));
}

void ask_to_stop(Json& document, core::Timestamp at, std::optional<std::chrono::seconds> grace) {
    Json own = member(document, key::runlake);
    Json place = member(own, "queue");
    place.set("stop", format_time(at));
    if (grace) { place.set("stop_grace_s", std::int64_t{grace->count()}); }
    own.set("queue", std::move(place));
    document.set(key::runlake, std::move(own));
}

std::optional<std::chrono::seconds> grace_asked(const Json& document) {
    const Json place = member(member(document, key::runlake), "queue");
    const std::optional<std::int64_t> seconds = place.find("stop") == nullptr ? std::nullopt : place.integer_at("stop_grace_s");
    if (!seconds || *seconds < 0 || *seconds > k_most_grace.count()) { return std::nullopt; }
    return std::chrono::seconds(*seconds);
}

std::optional<std::int64_t> time_limit_s(const Json& document) {
    const std::optional<QueueEntry> entry = entry_of(document);
    return entry ? entry->time_limit_s : std::nullopt;
}

}  // namespace runlake::jobs
