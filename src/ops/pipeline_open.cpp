// SPDX-License-Identifier: Apache-2.0
// Reads a pipeline file for a command.
#include "ops/pipeline_open.hpp"

#include "ops/run_words.hpp"

namespace runlake::ops {

core::Result<pipeline::Overrides> pipeline_overrides(const PipelineSource& source) {
    pipeline::Overrides overrides;
    overrides.runs_dir = source.runs_dir;
    for (const std::string& word : source.params) {
        RL_ASSIGN(auto pair, split_word(word, "--param"));
        overrides.params.emplace_back(std::move(pair.first), typed_value(pair.second));
    }
    return overrides;
}

core::Result<OpenPipeline> open_pipeline(const PipelineSource& source) {
    RL_ASSIGN(const pipeline::Overrides overrides, pipeline_overrides(source));
    RL_ASSIGN(pipeline::PipelineFile file, pipeline::load_pipeline(source.file));
    RL_ASSIGN(pipeline::Resolved resolved, pipeline::resolve(std::move(file), overrides));
    RL_ASSIGN(pipeline::Graph graph, pipeline::build_graph(resolved));
    return OpenPipeline{std::move(resolved), std::move(graph)};
}

}  // namespace runlake::ops
