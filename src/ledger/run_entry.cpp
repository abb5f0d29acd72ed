// SPDX-License-Identifier: Apache-2.0
#include "ledger/run_entry.hpp"

#include <algorithm>
#include <array>

#include "ledger/members.hpp"
#include "ledger/text.hpp"

namespace runlake::ledger {
namespace {

using core::cat;
using core::Json;

constexpr std::array k_rules = {std::pair(RunRule::asked, std::string_view("asked")), std::pair(RunRule::pipeline, std::string_view("pipeline")),
                                std::pair(RunRule::replay, std::string_view("replay"))};

core::Result<RunRule> rule_of(const Members& members) {
    RL_ASSIGN(const std::string name, members.needed_text("rule"));
    const auto* found = std::ranges::find(k_rules, std::string_view(name), &std::pair<RunRule, std::string_view>::second);
    if (found == k_rules.end()) { return members.wrong("rule", cat("\"", repeated(name), '"')); }
    return found->first;
}

core::Result<std::vector<StageOfRun>> stages_of(const Members& members) {
    std::vector<StageOfRun> stages;
    RL_ASSIGN(const Json* list, members.array("stages"));
    if (list == nullptr) { return stages; }
    for (const Json& one : *list->as_array()) {
        if (!one.is_object()) { return members.wrong("stages", "no list of objects"); }
        const Members of(one, "stages.");
        StageOfRun stage;
        RL_ASSIGN(stage.stage, of.needed_text("stage"));
        RL_ASSIGN(stage.instance, of.needed_text("instance"));
        RL_ASSIGN(stage.state, of.needed_text("state"));
        RL_ASSIGN(stage.run_id, of.text("run_id"));
        RL_ASSIGN(stage.key, of.text("key"));
        stages.push_back(std::move(stage));
    }
    return stages;
}

core::Result<Json> values_of(const Members& members, std::string_view key) {
    RL_ASSIGN(const Json* found, members.object(key));
    return found == nullptr ? Json::object() : *found;
}

}  // namespace

std::string_view run_rule_name(RunRule rule) { return std::ranges::find(k_rules, rule, &std::pair<RunRule, std::string_view>::first)->second; }

Json to_json(const RunEntry& entry) {
    Json json = Json::object();
    json.set("schema", k_run_schema).set("run_id", entry.id.str()).set("rule", run_rule_name(entry.rule)).set("status", job_end_name(entry.end));
    json.set("promoted_at", entry_time(entry.promoted_at)).set("registered_machine", entry.machine).set("stage", entry.stage);
    if (entry.degraded) { json.set("degraded", true); }
    json.set_if("tenant", entry.tenant);
    if (entry.started_at) { json.set("started_at", entry_time(*entry.started_at)); }
    if (entry.ended_at) { json.set("ended_at", entry_time(*entry.ended_at)); }
    json.set_if("wallclock_s", entry.wallclock_s).set_if("code_ref", entry.code_ref).set_if("config_hash", entry.config_hash);
    json.set_if("input_fingerprint", entry.input_fingerprint);
    if (!entry.params.as_object()->empty()) { json.set("params", entry.params); }
    if (!entry.tags.as_object()->empty()) { json.set("tags", entry.tags); }
    if (entry.stages.empty()) { return json; }
    Json stages = Json::array();
    for (const StageOfRun& stage : entry.stages) {
        Json one = Json::object();
        one.set("stage", stage.stage).set("instance", stage.instance).set("state", stage.state).set_if("run_id", stage.run_id).set_if("key", stage.key);
        stages.push(std::move(one));
    }
    return json.set("stages", std::move(stages));
}

core::Result<RunEntry> parse_run_entry(std::string_view text, const core::RunId& id) {
    RL_ASSIGN(const Json whole, core::parse_json(text, "ledger entry"));
    RL_TRY(check_named_schema(whole, k_run_schema));
    const Members members(whole);
    RL_ASSIGN(const std::string named, members.needed_text("run_id"));
    if (named != id.str()) { return corrupt(cat("it is the entry of run ", repeated(named))); }
    RunEntry entry{.id = id, .stage = {}};
    RL_ASSIGN(entry.rule, rule_of(members));
    RL_ASSIGN(entry.end, members.end("status"));
    RL_ASSIGN(const std::optional<bool> degraded, members.flag("degraded"));
    entry.degraded = degraded.value_or(false);
    RL_ASSIGN(entry.promoted_at, members.needed_time("promoted_at"));
    RL_ASSIGN(entry.machine, members.needed_text("registered_machine"));
    RL_ASSIGN(entry.stage, members.needed_text("stage"));
    RL_ASSIGN(entry.tenant, members.text("tenant"));
    RL_ASSIGN(entry.started_at, members.time("started_at"));
    RL_ASSIGN(entry.ended_at, members.time("ended_at"));
    RL_ASSIGN(entry.wallclock_s, members.seconds("wallclock_s"));
    RL_ASSIGN(entry.code_ref, members.text("code_ref"));
    RL_ASSIGN(entry.config_hash, members.text("config_hash"));
    RL_ASSIGN(entry.input_fingerprint, members.text("input_fingerprint"));
    RL_ASSIGN(entry.params, values_of(members, "params"));
    RL_ASSIGN(entry.tags, values_of(members, "tags"));
    for (const auto& [name, value] : *entry.tags.as_object()) {
        if (!value.is_string()) { return members.wrong("tags", "no object of texts"); }
    }
    RL_ASSIGN(entry.stages, stages_of(members));
    return entry;
}

}  // namespace runlake::ledger
