// SPDX-License-Identifier: Apache-2.0
// `pipeline explain`: why each stage would run or be skipped now, by the components of its key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/pipeline_state.hpp"

namespace runlake::ops {

struct PipelineExplainRequest {
    std::string where;                       // run directory or pipeline file
    std::optional<std::string> stage;        // "fit" or "fit[fold=2020]"; nothing: all
    std::optional<std::string> store;
    std::vector<std::string> params;
};

// One component of a key beside what it was. Equal ones are there, too.
struct ExplainedComponent {
    rundir::ComponentKind kind;
    std::string name;
    bool was_there = false;
    bool is_there = false;
    std::optional<std::string> before;
    std::optional<std::string> after;
    bool is_equal() const { return was_there == is_there && before == after; }
};
struct ExplainedInstance {
    pipeline::Decision decision;
    std::optional<rundir::DoneRecord> current;        // the result that the run directory shows
    std::vector<ExplainedComponent> components;       // by kind and name
    std::vector<rundir::DoneRecord> earlier;          // of all keys, as they finished
};
struct PipelineExplainResponse {
    PipelineState state;
    bool is_detailed = false;                         // one stage was asked for
    std::vector<ExplainedInstance> instances;
};
// Errc::not_found for a stage that there is not.
core::Result<PipelineExplainResponse> pipeline_explain(const PipelineExplainRequest& request);
core::Json to_json(const PipelineExplainResponse& response);

}  // namespace runlake::ops
