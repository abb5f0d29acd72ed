// SPDX-License-Identifier: Apache-2.0
// Reads the pipelines of DVC: dvc.yaml as a pipeline file of ours, and dvc.lock for what is done already. What is carried over and what is not: docs/formats/pipeline.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/yaml.hpp"
#include "pipeline/file.hpp"

namespace runlake::pipeline {

// Something that stands in dvc.yaml and does not, or not quite, in the pipeline file.
struct DvcRemark {
    core::SourcePosition at;
    std::string what;
    bool lost = false;            // the stage would behave otherwise than under DVC; else only worth knowing
};

// A path as dvc.yaml and dvc.lock write it, and where it is.
struct DvcPath {
    std::string written;
    std::string path;             // absolute
};
// Params of one file.
struct DvcParams {
    DvcPath file;
    std::vector<std::string> keys;   // "train.lr"; none: the whole file
};

// One stage of ours and what DVC knows of it.
struct DvcStage {
    std::string name;
    std::string dvc_name;         // "train@us"
    core::Json command;           // as it stands in dvc.lock: a text or a list
    std::vector<DvcPath> deps;
    std::vector<DvcParams> params;
    std::vector<DvcPath> outs;    // metrics and plots too
    bool complete = true;         // nothing of it was left out, so that it may count as done
};

struct DvcPipeline {
    PipelineFile file;
    std::vector<DvcStage> stages;      // in the order of file.stages
    std::vector<DvcRemark> remarks;    // by position
    std::string lock_path;             // dvc.lock beside it; absolute
};

// Errc::usage with "file:line:column: what" for a dvc.yaml that DVC would refuse as well; not_found.
core::Result<DvcPipeline> read_dvc(const std::string& path);

// The pipeline file: its own text, with a heading that says where it is from.
std::string dvc_pipeline_text(const DvcPipeline& pipeline);

// The stages (by index) whose command, params, inputs and outputs are now what dvc.lock says: DVC would not run them. Without a dvc.lock: none.
// What a lock says in a way that is not understood (DVC 2's digests of texts, other hashes) counts as not done and is remarked.
core::Result<std::vector<std::size_t>> dvc_done(const DvcPipeline& pipeline, std::vector<std::string>& remarks);

// DVC's digest of a file or folder of the project: MD5 of its bytes, or of the listing of a folder with ".dir" behind it. not_found.
core::Result<std::string> dvc_digest(const std::string& path);

}  // namespace runlake::pipeline
