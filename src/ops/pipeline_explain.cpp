// SPDX-License-Identifier: Apache-2.0
#include "ops/pipeline_explain.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/text.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using rundir::KeyComponent;

std::vector<ExplainedComponent> beside(const std::vector<KeyComponent>& before, const std::vector<KeyComponent>& after) {
    std::map<std::pair<rundir::ComponentKind, std::string>, ExplainedComponent> all;
    for (const KeyComponent& one : before) { all.emplace(std::pair(one.kind, one.name), ExplainedComponent{one.kind, one.name, true, false, one.value, std::nullopt}); }
    for (const KeyComponent& one : after) {
        ExplainedComponent& there = all.emplace(std::pair(one.kind, one.name), ExplainedComponent{one.kind, one.name, false, false, std::nullopt, std::nullopt}).first->second;
        there.is_there = true;
        there.after = one.value;
    }
    std::vector<ExplainedComponent> list;
    for (auto& [name, one] : all) { list.push_back(std::move(one)); }
    return list;
}

core::Json digest_json(const rundir::DoneRecord& done) {
    core::Json json = core::Json::object();
    json.set("blessed_because", core::Json(done.blessed_because)).set("blessed_from", core::Json(done.blessed_from)).set("cached_from", core::Json(done.cached_from));
    json.set("finished_at", core::format_iso(done.finished_at)).set("inputs_changed", done.inputs_changed).set("isolation", done.isolation).set("key", done.key.key.hex());
    return json.set("recipe", done.key.recipe).set("run_id", done.run_id.str());
}

}  // namespace

core::Result<PipelineExplainResponse> pipeline_explain(const PipelineExplainRequest& request) {
    PipelineExplainResponse response;
    RL_ASSIGN(response.state, open_pipeline_state(request.where, request.store, request.params));
    RL_ASSIGN(PlanNow plan, plan_now(response.state));
    response.is_detailed = request.stage.has_value();
    const pipeline::Graph& graph = response.state.pipeline.graph;
    for (pipeline::Decision& decision : plan.decisions) {
        const rundir::StageInstance& which = graph.instances[decision.instance].which;
        if (request.stage && which.stage != *request.stage && which.str() != *request.stage) { continue; }
        ExplainedInstance one{.decision = decision, .current = std::nullopt, .components = {}, .earlier = {}};
        if (response.state.run_dir) {
            RL_ASSIGN(one.current, rundir::current_result(*response.state.run_dir, which));
            if (request.stage) {
                RL_ASSIGN(const std::vector<rundir::DoneRecord> all, rundir::list_done(*response.state.run_dir));
                std::copy_if(all.begin(), all.end(), std::back_inserter(one.earlier), [&](const rundir::DoneRecord& done) { return done.which == which; });
            }
        }
        const std::vector<KeyComponent> none;
        one.components = beside(one.current ? one.current->key.components : none, decision.key ? decision.key->components : none);
        response.instances.push_back(std::move(one));
    }
    if (response.instances.empty() && request.stage) {
        std::vector<std::string> names;
        for (const pipeline::StageDecl& stage : response.state.pipeline.resolved.file.stages) { names.push_back(stage.name); }
        const std::optional<std::string> near = core::nearest(*request.stage, names);
        return core::Error(core::Errc::not_found, cat("explaining ", *request.stage, ": the pipeline has no such stage", near ? cat(" (nearest: \"", *near, "\")") : ""));
    }
    return response;
}

core::Json to_json(const PipelineExplainResponse& response) {
    core::Json stages = core::Json::array();
    for (const ExplainedInstance& one : response.instances) {
        core::Json json = pipeline::to_json(one.decision, response.state.pipeline.graph);
        core::Json components = core::Json::array();
        for (const ExplainedComponent& component : one.components) {
            core::Json entry = core::Json::object();
            entry.set("after", core::Json(component.after)).set("before", core::Json(component.before)).set("equal", component.is_equal()).set("is_there", component.is_there);
            components.push(entry.set("kind", rundir::component_kind_name(component.kind)).set("name", component.name).set("was_there", component.was_there));
        }
        json.set("components", std::move(components));
        if (one.current) { json.set("current", digest_json(*one.current)); }
        core::Json earlier = core::Json::array();
        for (const rundir::DoneRecord& done : one.earlier) { earlier.push(digest_json(done)); }
        stages.push(json.set("records", std::move(earlier)));
    }
    core::Json json = core::Json::object();
    json.set("run_dir", response.state.run_dir ? core::Json(response.state.run_dir_name()) : core::Json());
    return json.set("stages", std::move(stages));
}

}  // namespace runlake::ops
