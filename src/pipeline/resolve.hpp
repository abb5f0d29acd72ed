// SPDX-License-Identifier: Apache-2.0
// What the file leaves open: flag > environment > file > default, and named roots.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "pipeline/file.hpp"

namespace runlake::pipeline {

struct Overrides {
    std::optional<std::string> runs_dir;                              // --runs-dir
    std::vector<std::pair<std::string, core::Json>> params;           // --param NAME=VALUE or STAGE.NAME=VALUE; must exist in the file
};

struct Resolved {
    PipelineFile file;                                                // params with their final values
    std::string run_dir_base;                                         // absolute: --runs-dir > RUNLAKE_RUNS_DIR > the file's > <project>/runs
    std::vector<std::pair<std::string, std::string>> roots;           // name, absolute folder
    std::vector<std::pair<std::string, std::string>> origins;         // "run_dir_base" -> "environment RUNLAKE_RUNS_DIR", "params.alpha" -> "flag"
    std::string config_text() const;                                  // config_resolved.yaml: deterministic bytes, roots by name, no absolute path of the project
};
// Errc::usage names the variable of a root that is not set or empty.
core::Result<Resolved> resolve(PipelineFile file, const Overrides& overrides);
// From a run directory's config_resolved.yaml, so that a directory resumes from its path alone.
core::Result<Resolved> resolve_from_config(std::string_view config_text, const std::string& pipeline_path, const Overrides& overrides);

}  // namespace runlake::pipeline
