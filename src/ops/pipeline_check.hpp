// SPDX-License-Identifier: Apache-2.0
// Preflight: whether a pipeline file is right and everything is there that its stages take from outside. Runs nothing, writes nothing.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/pipeline_open.hpp"

namespace runlake::ops {

struct PipelineProblem {
    std::string stage;
    std::string instance;   // "-" for a stage without a matrix
    std::string message;
    bool fatal = true;      // not of an optional stage
};

struct PipelineCheckResponse {
    std::string file;
    std::string experiment_key;
    std::size_t stages = 0;
    std::size_t instances = 0;
    std::size_t inputs = 0;                 // declared paths and globs from outside, each once
    std::vector<PipelineProblem> problems;  // in the order of the instances
    bool passed() const;                    // no fatal problem
};

core::Result<PipelineCheckResponse> pipeline_check(const PipelineSource& source);
core::Json to_json(const PipelineCheckResponse& response);

}  // namespace runlake::ops
