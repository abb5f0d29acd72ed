// SPDX-License-Identifier: Apache-2.0
#include "jobs/queue_entry.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "jobs/document.hpp"

namespace runlake::jobs {
namespace {

using core::Json;

constexpr std::string_view k_own = "queue";   // below `runlake`

const Json* own_queue(const Json& document) {
    const Json* own = document.find(key::runlake);
    return own != nullptr ? own->find(k_own) : nullptr;
}

void set_own_queue(Json& document, Json queue) {
    const Json* found = document.find(key::runlake);
    Json own = found != nullptr && found->is_object() ? *found : Json::object();
    own.set(k_own, std::move(queue));
    document.set(key::runlake, std::move(own));
}

template <class Value, class Convert>
std::vector<Value> list_of(const Json* array, const Convert& convert) {
    std::vector<Value> values;
    if (array == nullptr || !array->is_array()) { return values; }
    for (const Json& one : *array->as_array()) {
        if (const std::string* text = one.as_string()) { convert(*text, values); }
    }
    return values;
}

std::optional<SlurmTask> slurm_of(const Json* json) {
    if (json == nullptr || !json->is_object()) { return std::nullopt; }
    const auto name = json->string_at("name");
    const auto task = json->integer_at("task");
    if (!name || !task || *task < 0) { return std::nullopt; }
    return SlurmTask{*name, json->string_at("array").value_or(""), *task};
}

Json to_json(const SlurmTask& task) {
    Json json = Json::object();
    json.set("name", task.name).set("array", task.array).set("task", task.task);
    return json;
}

// No negative counts, whatever a hand has written.
std::int64_t count_at(const Json& json, std::string_view name) { return std::max<std::int64_t>(0, json.integer_at(name).value_or(0)); }

std::optional<std::int64_t> positive_at(const Json& json, std::string_view name, std::int64_t least) {
    const auto value = json.integer_at(name);
    return value && *value >= least ? value : std::nullopt;
}

}  // namespace

std::string SlurmTask::str() const { return core::cat(array, '_', task); }

std::optional<QueueEntry> entry_of(const Json& document) {
    const Json* queue = document.find(key::queue);
    if (queue == nullptr || !queue->is_object() || queue->as_object()->empty()) { return std::nullopt; }
    QueueEntry entry;
    entry.queued_at = queue->string_at("queued_at").value_or("");
    entry.tag = queue->string_at("tag");
    entry.command = queue->string_at("runner_command_override");
    const Json* own = own_queue(document);
    if (own == nullptr || !own->is_object()) { return entry; }
    entry.argv = list_of<std::string>(own->find("argv"), [](const std::string& text, auto& values) { values.push_back(text); });
    entry.index = positive_at(*own, "index", 0);
    entry.priority = own->integer_at("priority").value_or(0);
    entry.after = list_of<core::JobId>(own->find("after"), [](const std::string& text, auto& values) {
        if (core::Result<core::JobId> id = core::JobId::parse(text); id.ok()) { values.push_back(std::move(id).take()); }
    });
    entry.retries = count_at(*own, "retries");
    entry.failures = count_at(*own, "failures");
    entry.lost = count_at(*own, "lost");
    entry.time_limit_s = positive_at(*own, "time_limit_s", 1);
    entry.gpus = positive_at(*own, "gpus", 0);
    entry.slurm = slurm_of(own->find("slurm"));
    return entry;
}

void set_entry(Json& document, const QueueEntry& entry) {
    Json queue = Json::object();
    queue.set("queued_at", entry.queued_at).set_if("tag", entry.tag).set_if("runner_command_override", entry.command);
    document.set(key::queue, std::move(queue));
    Json own = Json::object();
    own.set_if("index", entry.index);
    if (entry.priority != 0) { own.set("priority", entry.priority); }
    if (!entry.argv.empty()) {
        Json argv = Json::array();
        for (const std::string& word : entry.argv) { argv.push(word); }
        own.set("argv", std::move(argv));
    }
    if (!entry.after.empty()) {
        Json after = Json::array();
        for (const core::JobId& id : entry.after) { after.push(id.str()); }
        own.set("after", std::move(after));
    }
    if (entry.retries != 0) { own.set("retries", entry.retries); }
    if (entry.failures != 0) { own.set("failures", entry.failures); }
    if (entry.lost != 0) { own.set("lost", entry.lost); }
    own.set_if("time_limit_s", entry.time_limit_s).set_if("gpus", entry.gpus);
    if (entry.slurm) { own.set("slurm", to_json(*entry.slurm)); }
    set_own_queue(document, std::move(own));
}

void set_slurm(Json& document, const std::optional<SlurmTask>& task) {
    const Json* found = own_queue(document);
    Json own = found != nullptr && found->is_object() ? *found : Json::object();
    if (task) {
        own.set("slurm", to_json(*task));
    } else if (!erase(own, "slurm")) {
        return;
    }
    set_own_queue(document, std::move(own));
}

}  // namespace runlake::jobs
