// SPDX-License-Identifier: Apache-2.0
// Statuses: words and transitions.
#include "jobs/status.hpp"

#include <array>
#include <string>

#include "jobs/document.hpp"

namespace runlake::jobs {
namespace {

constexpr std::array k_all = {JobStatus::created,  JobStatus::queued,    JobStatus::running, JobStatus::complete,
                              JobStatus::failed,   JobStatus::abandoned, JobStatus::stopped};
constexpr std::array<std::string_view, k_all.size()> k_names = {"created", "queued", "running", "complete", "failed", "abandoned", "stopped"};

}  // namespace

std::string_view status_name(JobStatus status) { return k_names.at(static_cast<std::size_t>(status)); }

std::optional<JobStatus> parse_status(std::string_view name) {
    for (const JobStatus status : k_all) {
        if (status_name(status) == name) { return status; }
    }
    return std::nullopt;
}

std::span<const JobStatus> all_statuses() { return k_all; }

std::optional<JobStatus> status_of(const core::Json& document) {
    const core::Json* status = document.find(key::status);
    if (status == nullptr || status->is_null()) { return JobStatus::created; }
    return status->as_string() == nullptr ? std::nullopt : parse_status(*status->as_string());
}

bool may_become(JobStatus from, JobStatus to, Change change) {
    if (change == Change::by_force) { return true; }
    if (!is_terminal(from)) { return to != JobStatus::created; }
    // Ended. It may be begun or queued once more unless it is complete; another end is only its own recorder's to tell, against a presumption.
    if (!is_terminal(to)) { return from != JobStatus::complete && to != JobStatus::created; }
    return from == JobStatus::abandoned && to != JobStatus::abandoned && change == Change::by_recorder;
}

}  // namespace runlake::jobs
