// SPDX-License-Identifier: Apache-2.0
// Reads the frame of a pipeline file; the stages are read in file_stage.cpp.
#include "pipeline/file.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "os/files.hpp"
#include "pipeline/file_parts.hpp"
#include "pipeline/paths.hpp"
#include "record/store.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;

constexpr std::uint64_t k_most_bytes = 64U << 20U;

std::string read_experiment_key(FileText& text, const core::Json& root) {
    const std::string* key = text.text(root, "", "experiment_key");
    if (key == nullptr) {
        if (const core::Json* there = root.find("experiment_key"); there == nullptr || there->is_null()) {
            text.wrong("", "\"experiment_key\" is missing: what run directories of this pipeline are named after");
        }
        return "";
    }
    const bool fits = std::all_of(key->begin(), key->end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
    if (!fits || key->empty() || key->size() > 100) { text.wrong("/experiment_key", "\"experiment_key\" is 1 to 100 of a-z, 0-9 and _"); }
    return *key;
}

std::vector<std::string> read_roots(FileText& text, const core::Json& root) {
    std::vector<std::string> names;
    const auto found = text.texts(root, "", "roots");
    if (!found) { return names; }
    for (const TemplateText& name : *found) {
        const std::string path = found->size() == 1 && root.find("roots")->is_string() ? "/roots" : cat("/roots/", &name - found->data());
        if (!is_identifier(name.text)) {
            text.wrong(path, cat('"', core::cut_utf8(name.text, 60), "\" is no name of an environment variable"));
        } else if (is_reserved_name(name.text)) {
            text.wrong(path, cat('"', name.text, "\" has another meaning in templates"));
        } else if (std::find(names.begin(), names.end(), name.text) != names.end()) {
            text.wrong(path, cat("the root \"", name.text, "\" stands twice"));
        } else {
            names.push_back(name.text);
        }
    }
    return names;
}

core::Json read_params(FileText& text, const core::Json& root) {
    const core::Json* value = root.find("params");
    if (value == nullptr || value->is_null()) { return core::Json::object(); }
    const core::JsonObject* members = value->as_object();
    if (members == nullptr) {
        text.wrong("/params", cat("\"params\" is ", kind_name(*value), ", not a mapping of names to values"));
        return core::Json::object();
    }
    for (const auto& [name, param] : *members) { check_param(text, cat("/params/", name), name, param); }
    return *value;
}

void read_stages(FileText& text, const core::Json& root, const FileFrame& frame, PipelineFile& file) {
    const core::Json* stages = root.find("stages");
    if (stages == nullptr || stages->is_null()) { return text.wrong(stages == nullptr ? "" : "/stages", "\"stages\" is missing: a mapping of names to stages"); }
    const core::JsonObject* members = stages->as_object();
    if (members == nullptr) { return text.wrong("/stages", cat("\"stages\" is ", kind_name(*stages), ", not a mapping of names to stages")); }
    if (members->empty()) { return text.wrong("/stages", "there is no stage"); }
    std::size_t instances = 0;
    for (const auto& [name, value] : *members) {
        const std::string path = cat("/stages/", name);
        file.stages.push_back(read_stage(text, name, value, path, frame));
        instances += file.stages.back().points.size();
        if (instances > k_most_instances) { return text.wrong(path, cat("the stages have more than ", k_most_instances, " instances together")); }
    }
}

}  // namespace

core::Result<PipelineFile> parse_pipeline(std::string_view text, const std::string& path, const std::string& project_root) {
    auto document = core::parse_yaml(text, path);
    if (!document.ok()) { return core::yaml_mistake(document.error(), path); }
    const core::Json& root = document.value().root;
    core::Mistakes mistakes(path);
    FileText reader(document.value(), mistakes);
    if (!root.is_object()) {
        mistakes.add({1, 1}, root.is_null() ? "the file is empty: a pipeline file has \"experiment_key\" and \"stages\"" : cat("the file is ", kind_name(root), ", not a mapping"));
        return mistakes.error();
    }
    if (const core::Json* version = root.find("version"); version != nullptr && !version->is_null()) {
        const std::int64_t* number = version->as_integer();
        if (number == nullptr || *number < 1) {
            reader.wrong("/version", "\"version\" is the version of this format: 1");
        } else if (*number > 1) {
            const core::SourcePosition at = reader.at("/version");
            return core::Error(core::Errc::unsupported, cat(path, ':', at.line, ':', at.column, ": version ", *number, " of the pipeline file is newer than this Runlake, which reads version 1"));
        }
    }
    static const std::array<std::string, 6> k_keys{"version", "experiment_key", "run_dir_base", "roots", "params", "stages"};
    reader.check_keys(root, "", k_keys);
    PipelineFile file;
    file.given = path;
    file.path = path;
    file.project_root = project_root;
    file.experiment_key = read_experiment_key(reader, root);
    file.roots = read_roots(reader, root);
    if (const std::string* base = reader.text(root, "", "run_dir_base")) {
        const PlacedText placed = place_of(*base, file.roots);
        const bool other_names = placed.path.find_first_of("{}") != std::string::npos;
        if (base->empty() || base->find('\0') != std::string::npos || placed.place == Place::workspace) {
            reader.wrong("/run_dir_base", "\"run_dir_base\" is a folder: absolute, in the project, below a root in braces, or a remote address");
        } else if (other_names) {
            reader.wrong("/run_dir_base", "\"run_dir_base\" may begin with the name of a root in braces and holds no other");
        }
        file.run_dir_base = *base;
    }
    const FileFrame frame{file.roots, read_params(reader, root)};
    read_stages(reader, root, frame, file);
    check_templates(file, mistakes);
    if (mistakes.any()) { return mistakes.error(); }
    return file;
}

core::Result<PipelineFile> load_pipeline(const std::string& path) {
    auto text = os::read_file(path, k_most_bytes);
    if (!text.ok()) { return std::move(text).take_error().context("reading the pipeline file"); }
    RL_ASSIGN(std::string absolute, os::absolute_path(path));
    const std::string folder = os::parent_path(absolute);
    RL_ASSIGN(PipelineFile file, parse_pipeline(text.value(), path, record::find_project_root(folder).value_or(folder)));
    file.path = std::move(absolute);
    return file;
}

}  // namespace runlake::pipeline
