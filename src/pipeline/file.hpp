// SPDX-License-Identifier: Apache-2.0
// The pipeline file: what it may say, read from YAML into values with their positions. Grammar: docs/formats/pipeline.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/yaml.hpp"

namespace runlake::pipeline {

// A text with names in braces: "models/{experiment_key}/{fold}/model.json". "{{" and "}}" are braces.
struct TemplateText {
    std::string text;
    core::SourcePosition at;
};

struct StageDecl {
    std::string name;                                   // [a-z0-9_]+(-[a-z0-9_]+)*
    core::SourcePosition at;
    std::vector<TemplateText> command;                  // argv; for a string: {"sh", "-c", text}, and shell is true
    bool shell = false;
    std::vector<TemplateText> reads;
    std::vector<TemplateText> writes;                   // a final '/': a folder with all in it
    std::optional<std::vector<TemplateText>> code;      // globs from the project root; nothing: tracked files less declared outputs and our own folders
    // What it may use as {params.NAME} and is run again for: without `params` all of the file's; as a list of names those of the file's; as a mapping the file's,
    // overridden and added to. Members by name.
    core::Json params = core::Json::object();
    std::vector<std::pair<std::string, std::optional<std::string>>> env;   // value to set, or nothing: taken from the environment; both are in the key
    // The matrix multiplied out, in the file's order: each point names all dimensions, by name, with its values as text. One empty point without `matrix`.
    std::vector<std::vector<std::pair<std::string, std::string>>> points;
    std::vector<std::string> dimensions;                // names, sorted
    bool optional = false;                              // its failure, or a missing input of it, does not fail the pipeline
    std::optional<std::chrono::milliseconds> timeout;
    int retries = 0;
    bool strict_sandbox = false;                        // `sandbox: strict`
    bool sandbox_off = false;                           // `sandbox: off`: only what is declared is checked afterwards
    bool keeps_undeclared = false;                      // `undeclared: told`: what it wrote into the project without declaring it is told, and fails nothing
};

struct PipelineFile {
    std::string given;                                  // as it was named: what messages begin with
    std::string path;                                   // absolute
    std::string project_root;                           // absolute; commands run here
    std::string experiment_key;
    std::optional<std::string> run_dir_base;
    std::vector<std::string> roots;                     // environment variables that templates may use as {NAME}
    std::vector<StageDecl> stages;                      // in the file's order
};

// Errc::usage with "file:line:column: what" for everything that is wrong in the text: unknown and missing keys (with the nearest valid one), wrong types,
// names that nothing defines, dimensions a template uses but the stage's matrix has not, paths that leave the run directory.
// Several mistakes are reported together, one a line, by position. Errc::unsupported for a `version` that this Runlake does not know.
core::Result<PipelineFile> parse_pipeline(std::string_view text, const std::string& path, const std::string& project_root);
core::Result<PipelineFile> load_pipeline(const std::string& path);   // not_found; the project root is record::find_project_root's, else the file's folder

inline constexpr std::size_t k_most_instances = 100'000;                // of all stages together

}  // namespace runlake::pipeline
