// SPDX-License-Identifier: Apache-2.0
// What every command about a pipeline begins with: the file read, resolved, and its graph.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "pipeline/graph.hpp"
#include "pipeline/resolve.hpp"

namespace runlake::ops {

struct PipelineSource {
    std::string file;
    std::optional<std::string> runs_dir;   // --runs-dir
    std::vector<std::string> params;       // --param: "NAME=VALUE" or "STAGE.NAME=VALUE", typed as a plain YAML scalar
};
core::Result<pipeline::Overrides> pipeline_overrides(const PipelineSource& source);   // Errc::usage

struct OpenPipeline {
    pipeline::Resolved resolved;
    pipeline::Graph graph;
};
// Errc::usage for what is wrong in the file, in a param or in the environment; not_found without the file.
core::Result<OpenPipeline> open_pipeline(const PipelineSource& source);

}  // namespace runlake::ops
