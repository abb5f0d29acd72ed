// SPDX-License-Identifier: Apache-2.0
#include "ledger/extra.hpp"

#include "ledger/members.hpp"
#include "ledger/text.hpp"

namespace runlake::ledger {
namespace {

using core::cat;
using core::Json;

core::Result<std::map<std::string, MetricFact>> metrics_of(const Members& members) {
    std::map<std::string, MetricFact> metrics;
    RL_ASSIGN(const Json* found, members.object("metrics"));
    if (found == nullptr) { return metrics; }
    for (const auto& [name, said] : *found->as_object()) {
        if (!said.is_object()) { return members.wrong("metrics", "no object of objects"); }
        const Members of(said, "metrics.");
        MetricFact fact;
        RL_ASSIGN(const std::optional<double> value, of.number("value"));
        if (!value) { return of.missing("value"); }
        fact.value = *value;
        RL_ASSIGN(fact.step, of.integer("step"));
        RL_ASSIGN(fact.min, of.number("min"));
        RL_ASSIGN(fact.max, of.number("max"));
        metrics.emplace(name, fact);
    }
    return metrics;
}

core::Result<std::vector<ArtifactFact>> artifacts_of(const Members& members) {
    std::vector<ArtifactFact> artifacts;
    RL_ASSIGN(const Json* list, members.array("artifacts"));
    if (list == nullptr) { return artifacts; }
    for (const Json& one : *list->as_array()) {
        if (!one.is_object()) { return members.wrong("artifacts", "no list of objects"); }
        const Members of(one, "artifacts.");
        ArtifactFact fact;
        RL_ASSIGN(fact.path, of.needed_text("path"));
        RL_ASSIGN(fact.digest, of.needed_text("digest"));
        RL_ASSIGN(const std::optional<std::int64_t> bytes, of.integer("bytes"));
        if (bytes && *bytes < 0) { return of.wrong("bytes", "less than nothing"); }
        if (bytes) { fact.bytes = static_cast<std::uint64_t>(*bytes); }
        artifacts.push_back(std::move(fact));
    }
    return artifacts;
}

core::Result<std::map<std::string, std::string>> provenance_of(const Members& members) {
    std::map<std::string, std::string> provenance;
    RL_ASSIGN(const Json* found, members.object("provenance"));
    if (found == nullptr) { return provenance; }
    for (const auto& [name, said] : *found->as_object()) {
        const std::string* text = said.as_string();
        if (text == nullptr) { return members.wrong("provenance", "no object of texts"); }
        provenance.emplace(name, *text);
    }
    return provenance;
}

}  // namespace

Json to_json(const Extra& extra) {
    Json json = Json::object();
    json.set("schema", k_extra_schema).set("id", extra.id).set("status", job_end_name(extra.end));
    json.set("promoted_at", entry_time(extra.promoted_at)).set("registered_machine", extra.machine);
    if (extra.ended_at) { json.set("ended_at", entry_time(*extra.ended_at)); }
    if (!extra.metrics.empty()) {
        Json metrics = Json::object();
        for (const auto& [name, fact] : extra.metrics) {
            Json one = Json::object();
            one.set("value", fact.value).set_if("step", fact.step).set_if("min", fact.min).set_if("max", fact.max);
            metrics.set(name, std::move(one));
        }
        json.set("metrics", std::move(metrics));
    }
    json.set_if("exit_status", extra.exit_status).set_if("signal", extra.signal);
    if (!extra.artifacts.empty()) {
        Json artifacts = Json::array();
        for (const ArtifactFact& fact : extra.artifacts) {
            Json one = Json::object();
            one.set("path", fact.path).set("digest", fact.digest).set_if("bytes", fact.bytes);
            artifacts.push(std::move(one));
        }
        json.set("artifacts", std::move(artifacts));
    }
    json.set_if("environment", extra.environment);
    if (!extra.provenance.empty()) {
        Json provenance = Json::object();
        for (const auto& [name, value] : extra.provenance) { provenance.set(name, value); }
        json.set("provenance", std::move(provenance));
    }
    json.set_if("dirty", extra.dirty).set_if("run_id", extra.run_id).set_if("last_verdict", extra.last_verdict);
    if (extra.allow_paths) { json.set("allow_paths", true); }
    return json;
}

core::Result<Extra> parse_extra(std::string_view text, std::string_view id) {
    RL_ASSIGN(const Json whole, core::parse_json(text, "ledger-extra"));
    RL_TRY(check_named_schema(whole, k_extra_schema));
    const Members members(whole);
    Extra extra;
    RL_ASSIGN(extra.id, members.needed_text("id"));
    if (extra.id != id) { return corrupt(cat("it is of ", repeated(extra.id))); }
    RL_ASSIGN(extra.end, members.end("status"));
    RL_ASSIGN(extra.promoted_at, members.needed_time("promoted_at"));
    RL_ASSIGN(extra.machine, members.needed_text("registered_machine"));
    RL_ASSIGN(extra.ended_at, members.time("ended_at"));
    RL_ASSIGN(extra.metrics, metrics_of(members));
    RL_ASSIGN(extra.exit_status, members.integer("exit_status"));
    RL_ASSIGN(extra.signal, members.integer("signal"));
    RL_ASSIGN(extra.artifacts, artifacts_of(members));
    RL_ASSIGN(extra.environment, members.text("environment"));
    RL_ASSIGN(extra.provenance, provenance_of(members));
    RL_ASSIGN(extra.dirty, members.flag("dirty"));
    RL_ASSIGN(extra.run_id, members.text("run_id"));
    RL_ASSIGN(extra.last_verdict, members.text("last_verdict"));
    RL_ASSIGN(const std::optional<bool> allowed, members.flag("allow_paths"));
    extra.allow_paths = allowed.value_or(false);
    return extra;
}

}  // namespace runlake::ledger
