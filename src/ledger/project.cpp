// SPDX-License-Identifier: Apache-2.0
#include "ledger/project.hpp"

#include <array>
#include <cmath>

#include "core/text.hpp"
#include "ledger/concerns.hpp"
#include "ledger/members.hpp"
#include "ledger/text.hpp"

namespace runlake::ledger {
namespace {

using core::cat;
using core::Json;

constexpr std::array<std::string_view, 4> k_link_members = {"experiment_id", "experiment_path", "hypothesis_id", "sub_hypothesis_id"};
constexpr std::array<std::string_view, 5> k_tracker_members = {"backend", "run_id", "url", "group", "project"};

bool is_harmless(const Json& value) { return concerns_in(value, "").empty(); }

// What the document says under `aexp`, or the older `limina`; nothing without an experiment.
Json link_of(const Json& document) {
    const Json* found = document.find("aexp");
    if (found == nullptr || !found->is_object()) { found = document.find("limina"); }
    Json link = Json::object();
    if (found == nullptr || !found->string_at("experiment_id")) { return link; }
    for (const std::string_view name : k_link_members) {
        const Json* value = found->find(name);
        if (value == nullptr) { continue; }
        const bool good = (value->is_string() && is_harmless(*value)) || value->is_null();
        link.set(name, good ? *value : Json());
    }
    return link;
}

Json tracker_of(const Json& document) {
    Json tracker = Json::object();
    const Json* found = document.find("tracker");
    if (found == nullptr) { return tracker; }
    for (const std::string_view name : k_tracker_members) {
        const Json* value = found->find(name);
        if (value != nullptr && value->is_string() && is_harmless(*value)) { tracker.set(name, *value); }
    }
    return tracker;
}

void copy_time(const Json& document, std::string_view name, Json& entry) {
    const std::optional<std::string> said = document.string_at(name);
    if (said && core::parse_iso(*said).ok()) { entry.set(name, *said); }
}

}  // namespace

core::Json harmless_members(const Json& object) {
    Json kept = Json::object();
    if (object.as_object() == nullptr) { return kept; }
    for (const auto& [name, value] : *object.as_object()) {
        Json one = Json::object();
        if (is_harmless(one.set(name, value))) { kept.set(name, value); }
    }
    return kept;
}

core::Result<Json> project_job(const JobFacts& job, std::string_view machine, core::Timestamp promoted_at) {
    const std::string status = job.document.string_at("status").value_or("created");
    if (!parse_job_end(status)) {
        return core::Error(core::Errc::conflict, cat("promoting job ", job.id.str(), ": it is not terminal but ", repeated(status), "; only what has ended is told to other machines"));
    }
    Json entry = Json::object();
    entry.set("schema_version", k_job_schema).set("job_id", job.id.str()).set("statepoint", job.state_point).set("status", status);
    entry.set("promoted_at", entry_time(promoted_at)).set("registered_machine", machine);
    if (Json link = link_of(job.document); !link.as_object()->empty()) { entry.set("run_link", std::move(link)); }
    copy_time(job.document, "started_at", entry);
    copy_time(job.document, "ended_at", entry);
    if (const auto seconds = job.document.number_at("wallclock_s"); seconds && std::isfinite(*seconds) && *seconds >= 0) { entry.set("wallclock_s", *seconds); }
    if (Json tracker = tracker_of(job.document); !tracker.as_object()->empty()) { entry.set("tracker", std::move(tracker)); }
    if (const auto commit = job.state_point.string_at("code_commit")) { entry.set("code_commit", *commit); }
    if (const auto dirty = job.state_point.bool_at("code_dirty")) { entry.set("code_dirty", *dirty); }
    return entry;
}

}  // namespace runlake::ledger
