// SPDX-License-Identifier: Apache-2.0
// Selectors and batches.
#include "jobs/batch.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/text.hpp"
#include "jobs/document.hpp"

namespace runlake::jobs {
namespace {

using core::cat;
using core::Json;

constexpr std::string_view k_condition = "condition";

// How a value stands in a slug and orders batches: a text as it is, anything else as JSON.
std::string shown(const Json& value) { return value.is_string() ? *value.as_string() : core::to_json(value); }

// As whole numbers where both are, so that large ones do not become alike by rounding.
bool same_number(const Json& a, const Json& b) {
    if (a.is_float() == b.is_float()) { return a == b; }
    const Json& real = a.is_float() ? a : b;
    const Json& whole = a.is_float() ? b : a;
    const std::int64_t* integer = whole.as_integer();
    constexpr std::int64_t k_exact = std::int64_t{1} << 53U;
    return integer != nullptr && *integer >= -k_exact && *integer <= k_exact && static_cast<double>(*integer) == *real.as_float();
}

}  // namespace

const Json* value_at(const Json& state_point, std::string_view name) {
    if (const Json* whole = state_point.find(name)) { return whole; }
    const Json* at = &state_point;
    for (const std::string_view part : core::split(name, '.')) {
        at = at->find(part);
        if (at == nullptr) { return nullptr; }
    }
    return at;
}

bool same_value(const Json& a, const Json& b) {
    if (a.is_number() && b.is_number()) { return same_number(a, b); }
    if (a.as_array() != nullptr && b.as_array() != nullptr) { return std::ranges::equal(*a.as_array(), *b.as_array(), same_value); }
    if (a.as_object() != nullptr && b.as_object() != nullptr) {
        return a.as_object()->size() == b.as_object()->size() && std::ranges::all_of(*a.as_object(), [&](const core::JsonMember& member) {
                   const Json* other = b.find(member.first);
                   return other != nullptr && same_value(member.second, *other);
               });
    }
    return a == b;
}

bool matches(const Json& state_point, const Json& selector) {
    const core::JsonObject* wanted = selector.as_object();
    return wanted != nullptr && std::ranges::all_of(*wanted, [&](const core::JsonMember& member) {
        const Json* found = value_at(state_point, member.first);
        return found != nullptr && same_value(*found, member.second);
    });
}

std::optional<std::string> experiment_of(const Job& job) {
    if (const auto link = link_of(job.document)) { return link->experiment_id; }
    return job.state_point.string_at("experiment_id");
}

std::optional<std::string> hypothesis_of(const Job& job) {
    if (const auto link = link_of(job.document)) { return link->hypothesis_id; }
    return job.state_point.string_at("hypothesis_id");
}

std::string batch_slug(const Job& job) {
    const Json* condition = job.state_point.find(k_condition);
    return cat(hypothesis_of(job).value_or("_"), '/', experiment_of(job).value_or("_"), '/',
               condition == nullptr || condition->is_null() ? std::string(job.id.brief()) : shown(*condition));
}

std::vector<Batch> batches(const std::vector<Job>& jobs) {
    // Keyed by experiment, whether there is a condition, its kind and its text: "1" and 1 are two.
    std::map<std::tuple<std::string, bool, bool, std::string>, Batch> found;
    for (const Job& job : jobs) {
        const std::optional<std::string> experiment = experiment_of(job);
        if (!experiment) { continue; }
        const Json* condition = job.state_point.find(k_condition);
        const bool has = condition != nullptr && !condition->is_null();
        Batch& batch = found[{*experiment, has, has && !condition->is_string(), has ? shown(*condition) : ""}];
        const std::string slug = batch_slug(job);
        if (batch.jobs.empty()) {
            batch.experiment = *experiment;
            if (has) { batch.selector.set(k_condition, *condition); }
            batch.slug = slug;
        } else if (batch.slug != slug) {
            batch.slug.clear();
        }
        batch.jobs.push_back(job.id);
        const std::optional<JobStatus> status = status_of(job.document);
        ++batch.statuses[status ? std::string(status_name(*status)) : job.document.string_at(key::status).value_or("?")];
    }
    std::vector<Batch> all;
    for (auto& [key, batch] : found) { all.push_back(std::move(batch)); }
    return all;
}

}  // namespace runlake::jobs
