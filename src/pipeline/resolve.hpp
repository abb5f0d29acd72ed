// SPDX-License-Identifier: Apache-2.0
// What the file leaves open: flag > environment > file > default, and named roots.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "pipeline/file.hpp"

namespace runlake::pipeline {

// The file as text in its own grammar: always the same bytes for the same content, params written out for each stage.
std::string pipeline_text(const PipelineFile& file);

struct Overrides {
    std::optional<std::string> runs_dir;                              // --runs-dir
    // --param: NAME (of every stage that has it) or STAGE.NAME; each must be a param of the file. Later ones win.
    std::vector<std::pair<std::string, core::Json>> params;
};

struct Resolved {
    PipelineFile file;                                                // params with their final values
    std::string run_dir_base;                                         // absolute, or a remote address as it stands: --runs-dir > RUNLAKE_RUNS_DIR > the file's > <project>/runs
    std::vector<std::pair<std::string, std::string>> roots;           // name, absolute folder
    std::vector<std::pair<std::string, std::string>> origins;         // "run_dir_base" -> "environment RUNLAKE_RUNS_DIR", "params.alpha" -> "flag"
    // config_resolved.yaml: itself a pipeline file that says the same with every param's final value; deterministic bytes, roots by name, no path of this machine.
    std::string config_text() const;
};
// Paths and globs of the stage's `code` from the project root, names filled in; none without one.
std::vector<std::string> code_paths(const Resolved& resolved, const StageDecl& stage);
// Errc::usage names the variable of a root that is not set or empty.
core::Result<Resolved> resolve(PipelineFile file, const Overrides& overrides);
// From a run directory's config_resolved.yaml, so that a directory resumes from its path alone.
core::Result<Resolved> resolve_from_config(std::string_view config_text, const std::string& pipeline_path, const Overrides& overrides);

}  // namespace runlake::pipeline
