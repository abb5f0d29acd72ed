// SPDX-License-Identifier: Apache-2.0
// Reading and writing the members of a document that are ours or aexp's.
#include "jobs/document.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace runlake::jobs {
namespace {

using core::Json;
using core::JsonMember;

constexpr std::string_view k_experiment = "experiment_id";
constexpr std::string_view k_experiment_path = "experiment_path";
constexpr std::string_view k_hypothesis = "hypothesis_id";
constexpr std::string_view k_sub_hypothesis = "sub_hypothesis_id";

std::optional<int> small_at(const Json& object, std::string_view name) {
    const std::optional<std::int64_t> found = object.integer_at(name);
    if (!found || *found < INT32_MIN || *found > INT32_MAX) { return std::nullopt; }
    return static_cast<int>(*found);
}

std::optional<os::ProcessId> process_of(const Json& own) {
    const Json* found = own.find("process");
    if (found == nullptr) { return std::nullopt; }
    const auto pid = small_at(*found, "pid");
    const auto machine = found->string_at("machine");
    const auto boot = found->string_at("boot");
    const auto pid_ns = found->integer_at("pid_ns");
    const auto ticks = found->integer_at("start_ticks");
    if (!pid || *pid <= 0 || !machine || !boot || !pid_ns || !ticks) { return std::nullopt; }
    return os::ProcessId{*machine, *boot, static_cast<std::uint64_t>(*pid_ns), static_cast<pid_t>(*pid), static_cast<std::uint64_t>(*ticks)};
}

Json process_json(const os::ProcessId& process) {
    return Json::object()
        .set("machine", process.machine)
        .set("boot", process.boot)
        .set("pid_ns", process.pid_ns)
        .set("pid", std::int64_t{process.pid})
        .set("start_ticks", process.start_ticks);
}

template <class T>
void set_or_erase(Json& object, std::string_view name, const std::optional<T>& value) {
    if (value) {
        object.set(name, Json(*value));
    } else {
        erase(object, name);
    }
}

}  // namespace

std::optional<JobLink> link_of(const Json& document) {
    const Json* link = document.find(key::link);
    if (link == nullptr) { link = document.find(key::legacy_link); }
    if (link == nullptr) { return std::nullopt; }
    const auto experiment = link->string_at(k_experiment);
    if (!experiment) { return std::nullopt; }
    return JobLink{*experiment, link->string_at(k_experiment_path).value_or(""), link->string_at(k_hypothesis), link->string_at(k_sub_hypothesis)};
}

void set_link(Json& document, const JobLink& link) {
    erase(document, key::legacy_link);
    document.set(key::link, Json::object()
                                .set(k_experiment, link.experiment_id)
                                .set(k_experiment_path, link.experiment_path)
                                .set(k_hypothesis, Json(link.hypothesis_id))
                                .set(k_sub_hypothesis, Json(link.sub_hypothesis_id)));
}

Own own_of(const Json& document) {
    Own own;
    const Json* found = document.find(key::runlake);
    if (found == nullptr) { return own; }
    if (const auto id = core::RunId::parse(found->string_at("run_id").value_or("")); id.ok()) { own.run = id.value(); }
    own.process = process_of(*found);
    own.started_at = time_at(*found, "started_at");
    own.exit_status = small_at(*found, "exit_status");
    own.signal = small_at(*found, "signal");
    own.error = found->string_at("error");
    own.stderr_tail = found->string_at("stderr_tail");
    return own;
}

void set_own(Json& document, const Own& own) {
    const Json* found = document.find(key::runlake);
    Json now = found != nullptr && found->is_object() ? *found : Json::object();
    const auto text_of_time = [](const core::Timestamp& at) { return format_time(at); };
    set_or_erase(now, "run_id", own.run ? std::optional(own.run->str()) : std::nullopt);
    set_or_erase(now, "started_at", own.started_at ? std::optional(text_of_time(*own.started_at)) : std::nullopt);
    set_or_erase(now, "process", own.process ? std::optional(process_json(*own.process)) : std::nullopt);
    set_or_erase(now, "exit_status", own.exit_status);
    set_or_erase(now, "signal", own.signal);
    set_or_erase(now, "error", own.error);
    set_or_erase(now, "stderr_tail", own.stderr_tail);
    document.set(key::runlake, std::move(now));
}

std::string format_time(core::Timestamp at) {
    std::string text = core::format_iso(at);
    return text.substr(0, text.find('.')) + "Z";
}

std::optional<core::Timestamp> time_at(const Json& document, std::string_view name) {
    const auto text = document.string_at(name);
    if (!text) { return std::nullopt; }
    const auto time = core::parse_iso(*text);
    return time.ok() ? std::optional(time.value()) : std::nullopt;
}

bool erase(Json& object, std::string_view name) {
    core::JsonObject* members = object.as_object();
    return members != nullptr && std::erase_if(*members, [&](const JsonMember& member) { return member.first == name; }) > 0;
}

}  // namespace runlake::jobs
