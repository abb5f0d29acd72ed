// SPDX-License-Identifier: Apache-2.0
// Checks the names in the templates of a pipeline file, and the form of the paths around them.
#include <algorithm>
#include <array>
#include <set>

#include "core/text.hpp"
#include "pipeline/file_parts.hpp"
#include "pipeline/paths.hpp"
#include "pipeline/template.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;

enum class Field : std::uint8_t { command, reads, writes, code };

class TemplateCheck {
  public:
    TemplateCheck(const PipelineFile& file, core::Mistakes& mistakes) : file_(file), mistakes_(mistakes) {
        for (const StageDecl& stage : file.stages) { all_dimensions_.insert(stage.dimensions.begin(), stage.dimensions.end()); }
    }

    void check(const StageDecl& stage) {
        for (const TemplateText& word : stage.command) { check_text(stage, word, Field::command); }
        for (const TemplateText& path : stage.reads) { check_text(stage, path, Field::reads); }
        for (const TemplateText& path : stage.writes) { check_text(stage, path, Field::writes); }
        if (!stage.code) { return; }
        for (const TemplateText& path : *stage.code) { check_text(stage, path, Field::code); }
    }

  private:
    void check_text(const StageDecl& stage, const TemplateText& text, Field field) {
        if (text.text.find('\0') != std::string::npos) { return mistakes_.add(text.at, "the text holds a NUL character"); }
        auto pieces = split_template(text.text);
        if (!pieces.ok()) { return mistakes_.add(text.at, pieces.error().message()); }
        bool names_fit = true;
        for (const TemplatePiece& piece : pieces.value()) {
            if (piece.is_name) { names_fit = check_name(stage, text, piece.text, field) && names_fit; }
        }
        if (names_fit && field != Field::command) { check_path(text, field); }
    }

    // A path with every name as "x": what is wrong with it is wrong for all values.
    void check_path(const TemplateText& text, Field field) {
        const PlacedText placed = field == Field::code ? PlacedText{Place::workspace, "", text.text} : place_of(text.text, file_.roots);
        const std::string path = expand_template(placed.path, [](std::string_view) { return "x"; });
        const bool root_inside = std::any_of(file_.roots.begin(), file_.roots.end(),
                                             [&](const std::string& root) { return placed.path.find(cat('{', root, '}')) != std::string::npos; });
        if (root_inside) { return mistakes_.add(text.at, "the name of a root stands only at the beginning, with a '/' behind it"); }
        if (placed.place == Place::root && field == Field::writes) {
            return mistakes_.add(text.at, "a stage does not write below a root: write into the run directory, or into the project with workspace:PATH");
        }
        if (field == Field::code && path.starts_with("workspace:")) { return mistakes_.add(text.at, "paths of \"code\" begin in the project already: leave \"workspace:\" out"); }
        if (const auto problem = path_problem(path, placed.place, field != Field::writes)) { mistakes_.add(text.at, cat(*problem, ": \"", core::cut_utf8(text.text, 100), '"')); }
    }

    bool check_name(const StageDecl& stage, const TemplateText& text, const std::string& name, Field field) {
        const auto wrong = [&](std::string what) {
            mistakes_.add(text.at, std::move(what));
            return false;
        };
        if (name == "experiment_key" || name == "stage") { return true; }
        if (name.starts_with("params.") && field != Field::code) { return check_param(stage, text, name.substr(7)); }
        if (name == "project" || name == "run_dir" || name == "out") {
            if (field == Field::command) { return true; }
            return wrong(cat('{', name, "} stands in commands only; paths are relative to the run directory, or to the project with workspace:PATH"));
        }
        const bool is_dimension = std::find(stage.dimensions.begin(), stage.dimensions.end(), name) != stage.dimensions.end();
        const bool is_root = std::find(file_.roots.begin(), file_.roots.end(), name) != file_.roots.end();
        if ((is_dimension || is_root) && field == Field::code) { return wrong(cat('{', name, "} cannot stand in \"code\", which is one for all instances of the stage")); }
        if (is_dimension || is_root) { return true; }
        if (all_dimensions_.contains(name)) { return wrong(cat("the stage \"", stage.name, "\" has no dimension {", name, "}: add it to its matrix")); }
        std::vector<std::string> known{"experiment_key", "stage"};
        if (field == Field::command) { known.insert(known.end(), {"project", "run_dir", "out"}); }
        known.insert(known.end(), stage.dimensions.begin(), stage.dimensions.end());
        known.insert(known.end(), file_.roots.begin(), file_.roots.end());
        for (const auto& [param, value] : *stage.params.as_object()) { known.push_back(cat("params.", param)); }
        if (stage.params.find(name) != nullptr) { return wrong(cat("nothing is named {", name, "}; params are written {params.", name, '}')); }
        return wrong(cat("nothing is named {", core::cut_utf8(name, 60), '}', nearest_hint(name, known)));
    }

    bool check_param(const StageDecl& stage, const TemplateText& text, const std::string& name) {
        const core::Json* value = stage.params.find(name);
        if (value == nullptr) {
            std::vector<std::string> known;
            for (const auto& [param, ignored] : *stage.params.as_object()) { known.push_back(param); }
            mistakes_.add(text.at, cat("the stage \"", stage.name, "\" has no param \"", core::cut_utf8(name, 60), '"', nearest_hint(name, known)));
            return false;
        }
        if (!scalar_text(*value)) {
            mistakes_.add(text.at, cat("the param \"", name, "\" is ", kind_name(*value), ", which cannot stand in a text"));
            return false;
        }
        return true;
    }

    const PipelineFile& file_;
    core::Mistakes& mistakes_;
    std::set<std::string> all_dimensions_;
};

}  // namespace

void check_templates(const PipelineFile& file, core::Mistakes& mistakes) {
    TemplateCheck check(file, mistakes);
    for (const StageDecl& stage : file.stages) { check.check(stage); }
}

}  // namespace runlake::pipeline
