// SPDX-License-Identifier: Apache-2.0
// Carries a pipeline of another tool over: DVC's dvc.yaml into a pipeline file, and what dvc.lock says is done into a run directory, so that it is not run again.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "pipeline/dvc.hpp"

namespace runlake::ops {

struct PipelineImportRequest {
    std::string file;                        // dvc.yaml
    std::optional<std::string> output;       // where the pipeline file goes; nothing: only its text is given, and nothing is written
    std::optional<std::string> store;        // --store
};

struct PipelineImportResponse {
    std::string file;
    std::optional<std::string> output;
    std::string text;                        // of the pipeline file
    std::vector<pipeline::DvcStage> stages;
    std::vector<pipeline::DvcRemark> remarks;
    std::vector<std::string> notes;          // without a place in dvc.yaml
    std::vector<std::string> done;           // stages that dvc.lock says are done, published in `run_dir`
    std::optional<std::string> run_dir;
    bool is_whole() const;                   // nothing was lost
};

// Errc::usage for a dvc.yaml that is wrong, or that gives no right pipeline file; conflict when `output` exists, or would belong to another project; nothing is written then.
core::Result<PipelineImportResponse> pipeline_import(const PipelineImportRequest& request);
core::Json to_json(const PipelineImportResponse& response);

}  // namespace runlake::ops
