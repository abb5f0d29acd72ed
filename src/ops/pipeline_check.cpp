// SPDX-License-Identifier: Apache-2.0
// Checks a pipeline file and the inputs of its stages.
#include "ops/pipeline_check.hpp"

#include <algorithm>
#include <set>

namespace runlake::ops {

bool PipelineCheckResponse::passed() const {
    return std::none_of(problems.begin(), problems.end(), [](const PipelineProblem& problem) { return problem.fatal; });
}

core::Result<PipelineCheckResponse> pipeline_check(const PipelineSource& source) {
    RL_ASSIGN(const OpenPipeline open, open_pipeline(source));
    PipelineCheckResponse response;
    response.file = source.file;
    response.experiment_key = open.resolved.file.experiment_key;
    response.stages = open.resolved.file.stages.size();
    response.instances = open.graph.instances.size();
    std::set<std::string> inputs;
    for (const pipeline::Instance& instance : open.graph.instances) {
        for (const pipeline::DeclaredPath& read : instance.reads) {
            if (read.place != pipeline::Place::run_dir && read.writers.empty()) { inputs.insert(read.logical()); }
        }
    }
    response.inputs = inputs.size();
    for (pipeline::Problem& problem : pipeline::preflight(open.resolved, open.graph)) {
        const rundir::StageInstance& which = open.graph.instances[problem.instance].which;
        response.problems.push_back({which.stage, which.instance, std::move(problem.message), problem.fatal});
    }
    return response;
}

core::Json to_json(const PipelineCheckResponse& response) {
    core::Json problems = core::Json::array();
    for (const PipelineProblem& problem : response.problems) {
        core::Json one = core::Json::object();
        one.set("stage", problem.stage).set("instance", problem.instance).set("message", problem.message).set("fatal", problem.fatal);
        problems.push(std::move(one));
    }
    core::Json record = core::Json::object();
    record.set("file", response.file).set("experiment_key", response.experiment_key).set("stages", static_cast<std::int64_t>(response.stages));
    record.set("instances", static_cast<std::int64_t>(response.instances)).set("inputs", static_cast<std::int64_t>(response.inputs));
    return record.set("passed", response.passed()).set("problems", std::move(problems));
}

}  // namespace runlake::ops
