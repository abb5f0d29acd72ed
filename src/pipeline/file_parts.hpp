// SPDX-License-Identifier: Apache-2.0
// What the parts of parse_pipeline() hand to each other. For sources of this module only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/mistakes.hpp"
#include "core/yaml.hpp"
#include "pipeline/file.hpp"

namespace runlake::pipeline {

// The document while it is read: where its nodes stand, and what is wrong so far. Paths are those of YamlDocument::positions.
class FileText {
  public:
    FileText(const core::YamlDocument& document, core::Mistakes& mistakes) : document_(document), mistakes_(mistakes) {}

    core::SourcePosition at(const std::string& path) const;
    void wrong(const std::string& path, std::string what) { mistakes_.add(at(path), std::move(what)); }
    // Says which keys of the object are none of `known`, with the nearest.
    void check_keys(const core::Json& object, const std::string& path, std::span<const std::string> known);
    // The member when it is of that kind; nothing (and a mistake when it is there) else. null counts as absent.
    const std::string* text(const core::Json& object, const std::string& path, std::string_view key);
    const core::JsonArray* list(const core::Json& object, const std::string& path, std::string_view key);
    std::optional<bool> boolean(const core::Json& object, const std::string& path, std::string_view key);
    // A list of texts with their positions; one text stands for a list of one.
    std::optional<std::vector<TemplateText>> texts(const core::Json& object, const std::string& path, std::string_view key);

  private:
    const core::Json* member(const core::Json& object, std::string_view key) const;
    const core::YamlDocument& document_;
    core::Mistakes& mistakes_;
};

std::string_view kind_name(const core::Json& value);              // "a list", "a text", ...
std::string nearest_hint(std::string_view word, std::span<const std::string> candidates);  // " (nearest: ...)" or ""
bool is_identifier(std::string_view text);                        // [A-Za-z_][A-Za-z0-9_]*
bool is_param_name(std::string_view text);                        // [A-Za-z_][A-Za-z0-9_-]*
bool is_reserved_name(std::string_view text);                     // names that templates give a meaning
// Says what is wrong with a param at its position: its name, or a value that is nested too deep or has keys that are too long to be written down again.
void check_param(FileText& text, const std::string& path, const std::string& name, const core::Json& value);
// A scalar as it stands in a command or a path; nothing for null, lists and mappings.
std::optional<std::string> scalar_text(const core::Json& value);

// What is the same for all stages.
struct FileFrame {
    std::vector<std::string> roots;
    core::Json params = core::Json::object();
};
// Reads one stage; what is wrong goes to the mistakes. `path` is "/stages/<name>".
StageDecl read_stage(FileText& text, const std::string& name, const core::Json& value, const std::string& path, const FileFrame& frame);
void read_matrix(FileText& text, const core::Json& value, const std::string& path, const FileFrame& frame, StageDecl& stage);
// All names in the templates of all stages, and the form of their paths.
void check_templates(const PipelineFile& file, core::Mistakes& mistakes);

}  // namespace runlake::pipeline
