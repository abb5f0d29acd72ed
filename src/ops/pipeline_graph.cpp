// SPDX-License-Identifier: Apache-2.0
// Draws the graph of a pipeline.
#include "ops/pipeline_graph.hpp"

namespace runlake::ops {
namespace {

core::Json paths_json(const std::vector<pipeline::DeclaredPath>& paths) {
    core::Json list = core::Json::array();
    for (const pipeline::DeclaredPath& path : paths) { list.push(path.logical()); }
    return list;
}

}  // namespace

core::Result<std::string> pipeline_graph(const PipelineSource& source, GraphFormat format) {
    RL_ASSIGN(const OpenPipeline open, open_pipeline(source));
    switch (format) {
        case GraphFormat::mermaid: return pipeline::to_mermaid(open.resolved, open.graph);
        case GraphFormat::dot: return pipeline::to_dot(open.resolved, open.graph);
        case GraphFormat::layout: break;
    }
    return pipeline::layout_table(open.resolved, open.graph);
}

core::Result<core::Json> pipeline_graph_json(const PipelineSource& source) {
    RL_ASSIGN(const OpenPipeline open, open_pipeline(source));
    core::Json instances = core::Json::array();
    for (const pipeline::Instance& instance : open.graph.instances) {
        core::Json needs = core::Json::array();
        for (const std::size_t need : instance.needs) { needs.push(static_cast<std::int64_t>(need)); }
        core::Json one = core::Json::object();
        one.set("stage", instance.which.stage).set("instance", instance.which.instance).set("reads", paths_json(instance.reads));
        instances.push(one.set("writes", paths_json(instance.writes)).set("needs", std::move(needs)));
    }
    core::Json record = core::Json::object();
    return record.set("file", source.file).set("experiment_key", open.resolved.file.experiment_key).set("instances", std::move(instances));
}

}  // namespace runlake::ops
