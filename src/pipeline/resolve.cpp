// SPDX-License-Identifier: Apache-2.0
// Fills in what a pipeline file leaves to flags and the environment.
#include "pipeline/resolve.hpp"

#include <algorithm>
#include <set>

#include "core/mistakes.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "pipeline/file_parts.hpp"
#include "pipeline/paths.hpp"
#include "pipeline/template.hpp"
#include "record/store.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;

constexpr std::string_view k_base_variable = "RUNLAKE_RUNS_DIR";

core::Status resolve_roots(Resolved& resolved) {
    for (const std::string& name : resolved.file.roots) {
        const std::optional<std::string> value = os::env(name.c_str());
        if (!value || value->empty()) {
            return core::Error(core::Errc::usage, cat("resolving the roots of ", resolved.file.given, ": the environment variable ", name, value ? " is empty" : " is not set",
                                                      "; set it to the folder that {", name, "} stands for"));
        }
        std::string folder = *value;
        if (folder.find("://") == std::string::npos) {
            if (folder.front() != '/') {
                RL_ASSIGN(const std::string here, os::current_dir());
                folder = os::join_path(here, folder);
            }
            folder = os::lexically_normal(folder);
        }
        resolved.roots.emplace_back(name, std::move(folder));
        resolved.origins.emplace_back(cat("roots.", name), cat("environment ", name));
    }
    return core::ok();
}

// `from` is what a relative one starts at. Remote addresses are passed on as they are.
std::string base_from(const std::string& text, const std::string& from) {
    if (text.find("://") != std::string::npos) { return text; }
    return os::lexically_normal(os::join_path(from, text));
}

core::Status resolve_base(Resolved& resolved, const Overrides& overrides) {
    const PipelineFile& file = resolved.file;
    const std::optional<std::string> variable = os::env(std::string(k_base_variable).c_str());
    std::string origin;
    if (overrides.runs_dir || (variable && !variable->empty())) {
        const std::string& given = overrides.runs_dir ? *overrides.runs_dir : *variable;
        if (given.empty()) { return core::Error(core::Errc::usage, "--runs-dir is empty"); }
        RL_ASSIGN(const std::string here, os::current_dir());
        resolved.run_dir_base = base_from(given, here);
        origin = overrides.runs_dir ? "flag" : cat("environment ", k_base_variable);
    } else if (file.run_dir_base) {
        const PlacedText placed = place_of(*file.run_dir_base, file.roots);
        std::string from = file.project_root;
        for (const auto& [name, folder] : resolved.roots) {
            if (placed.place == Place::root && name == placed.root) { from = folder; }
        }
        const bool remote = from.find("://") != std::string::npos;
        resolved.run_dir_base = remote ? cat(from, from.ends_with('/') ? "" : "/", placed.path) : base_from(placed.path.empty() ? from : placed.path, from);
        origin = "file";
    } else {
        resolved.run_dir_base = os::join_path(file.project_root, "runs");
        origin = "default";
    }
    resolved.origins.emplace_back("run_dir_base", std::move(origin));
    return core::ok();
}

core::Status override_param(Resolved& resolved, const std::string& key, const core::Json& value, std::set<std::string>& from_flags) {
    const std::size_t dot = key.find('.');
    const std::string wanted = dot == std::string::npos ? "" : key.substr(0, dot);
    const std::string name = dot == std::string::npos ? key : key.substr(dot + 1);
    bool stage_exists = wanted.empty();
    bool found = false;
    std::set<std::string> known;
    for (StageDecl& stage : resolved.file.stages) {
        stage_exists = stage_exists || stage.name == wanted;
        for (const auto& [param, ignored] : *stage.params.as_object()) { known.insert(wanted.empty() ? param : cat(stage.name, '.', param)); }
        if ((!wanted.empty() && stage.name != wanted) || stage.params.find(name) == nullptr) { continue; }
        stage.params.set(name, value);
        from_flags.insert(cat(stage.name, '.', name));
        found = true;
    }
    if (found) { return core::ok(); }
    const std::vector<std::string> candidates(known.begin(), known.end());
    const std::string_view what = stage_exists ? "has no such param" : "has no such stage";
    return core::Error(core::Errc::usage, cat("setting the param ", core::valid_utf8(key), ": ", resolved.file.given, ' ', what, nearest_hint(key, candidates)));
}

// A value that was given may not fit where the file puts it into a text.
core::Status check_overridden(const Resolved& resolved) {
    core::Mistakes mistakes(resolved.file.given);
    check_templates(resolved.file, mistakes);
    if (mistakes.any()) { return mistakes.error(); }
    return core::ok();
}

}  // namespace

std::vector<std::string> code_paths(const Resolved& resolved, const StageDecl& stage) {
    std::vector<std::string> paths;
    if (!stage.code) { return paths; }
    for (const TemplateText& text : *stage.code) {
        paths.push_back(expand_template(text.text, [&](std::string_view name) { return std::optional<std::string>(name == "stage" ? stage.name : resolved.file.experiment_key); }));
    }
    return paths;
}

core::Result<Resolved> resolve(PipelineFile file, const Overrides& overrides) {
    Resolved resolved;
    resolved.file = std::move(file);
    RL_TRY(resolve_roots(resolved));
    RL_TRY(resolve_base(resolved, overrides));
    std::set<std::string> from_flags;
    for (const auto& [name, value] : overrides.params) { RL_TRY(override_param(resolved, name, value, from_flags)); }
    if (!overrides.params.empty()) { RL_TRY(check_overridden(resolved)); }
    for (const StageDecl& stage : resolved.file.stages) {
        for (const auto& [name, ignored] : *stage.params.as_object()) {
            std::string key = cat(stage.name, '.', name);
            const std::string origin = from_flags.contains(key) ? "flag" : "file";
            resolved.origins.emplace_back(cat("params.", key), origin);
        }
    }
    std::sort(resolved.origins.begin(), resolved.origins.end());
    return resolved;
}

core::Result<Resolved> resolve_from_config(std::string_view config_text, const std::string& pipeline_path, const Overrides& overrides) {
    const std::string folder = os::parent_path(pipeline_path);
    RL_ASSIGN(PipelineFile file, parse_pipeline(config_text, "config_resolved.yaml", record::find_project_root(folder).value_or(folder)));
    file.path = pipeline_path;
    return resolve(std::move(file), overrides);
}

}  // namespace runlake::pipeline
