// SPDX-License-Identifier: Apache-2.0
// Reads the stages of a dvc.yaml and turns each into one of ours.
#include <algorithm>
#include <array>
#include <set>

#include "core/mistakes.hpp"
#include "core/shell.hpp"
#include "core/text.hpp"
#include "fingerprint/glob.hpp"
#include "os/files.hpp"
#include "pipeline/dvc.hpp"
#include "pipeline/dvc_values.hpp"
#include "pipeline/file_parts.hpp"
#include "pipeline/paths.hpp"
#include "pipeline/resolve.hpp"
#include "pipeline/template.hpp"
#include "record/store.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;
using core::Json;

constexpr std::uint64_t k_most_bytes = 64U << 20U;

// A stage that foreach or matrix made: its name, and the values that are its own.
struct Generated {
    std::string suffix;   // "" for a plain stage
    Json own = Json::object();
};

class DvcReader {
  public:
    DvcReader(const core::YamlDocument& document, std::string given, std::string folder, std::string project_root)
        : document_(document), mistakes_(given), text_(document, mistakes_), folder_(std::move(folder)) {
        out_.file.given = std::move(given);
        out_.file.project_root = std::move(project_root);
    }

    core::Result<DvcPipeline> read();

  private:
    void remark(const std::string& path, std::string what, bool lost) {
        out_.remarks.push_back({text_.at(path), std::move(what), lost});
        if (lost && current_ != nullptr) { current_->complete = false; }
    }
    void load_values(const Json* vars, const std::string& path, const std::string& folder, Json& values);
    void read_entry(const std::string& name, const Json& value, const std::string& path);
    std::vector<Generated> generate(const Json& value, const std::string& path);
    void add_stage(const std::string& name, const Json& value, const std::string& path, const Json& values);
    std::string our_name(const std::string& dvc_name);
    std::string command_text(const Json& value, const std::string& path, const Json& values, DvcStage& stage);
    std::optional<std::string> text_of(const Json& value, const std::string& path, const Json& values);
    std::optional<DvcPath> place(const std::string& written, const std::string& path, std::string_view what);
    void read_deps(const Json& value, const std::string& path, const Json& values, DvcStage& stage, StageDecl& ours);
    void read_params(const Json& value, const std::string& path, const Json& values, DvcStage& stage, StageDecl& ours);
    void read_outs(const Json& value, const std::string& path, std::string_view key, const Json& values, DvcStage& stage, StageDecl& ours);
    void declare(std::vector<TemplateText>& list, const DvcPath& path, const std::string& where) const;

    const core::YamlDocument& document_;
    core::Mistakes mistakes_;
    FileText text_;
    std::string folder_;               // of dvc.yaml
    std::string stage_folder_;         // wdir of the stage that is read
    std::string entry_;                // path of the stage as dvc.yaml names it, above its "do"
    Json values_ = Json::object();
    DvcPipeline out_;
    DvcStage* current_ = nullptr;
    std::set<std::string> names_;
};

// Values of "vars": names of files with or without keys, and mappings.
void DvcReader::load_values(const Json* vars, const std::string& path, const std::string& folder, Json& values) {
    if (vars == nullptr || vars->is_null()) { return; }
    const core::JsonArray* items = vars->as_array();
    if (items == nullptr) { return text_.wrong(path, cat("\"vars\" is ", kind_name(*vars), ", not a list")); }
    for (std::size_t i = 0; i < items->size(); ++i) {
        const Json& item = (*items)[i];
        const std::string where = cat(path, '/', i);
        if (item.is_object()) {
            merge_values(values, item);
            continue;
        }
        const std::string* file = item.as_string();
        if (file == nullptr) {
            text_.wrong(where, cat("an entry of \"vars\" is ", kind_name(item), ", neither a file nor a mapping"));
            continue;
        }
        const std::size_t colon = file->rfind(':');
        const auto read = read_values(os::join_path(folder, file->substr(0, colon)));
        if (!read.ok()) {
            text_.wrong(where, read.error().message());
        } else if (colon == std::string::npos) {
            merge_values(values, read.value());
        } else {
            for (const std::string_view key : core::split(std::string_view(*file).substr(colon + 1), ',')) {
                const Json* found = read.value().find(core::trim(key));
                if (found == nullptr) {
                    text_.wrong(where, cat(file->substr(0, colon), " has no \"", core::trim(key), '"'));
                } else {
                    Json one = Json::object();
                    merge_values(values, one.set(core::trim(key), *found));
                }
            }
        }
    }
}

core::Result<DvcPipeline> DvcReader::read() {
    const Json& root = document_.root;
    const Json* stages = root.find("stages");
    const core::JsonObject* members = stages == nullptr ? nullptr : stages->as_object();
    if (members == nullptr) {
        mistakes_.add({1, 1}, "there is no mapping \"stages\": this is no dvc.yaml with a pipeline");
        return mistakes_.error();
    }
    for (const auto& [key, value] : *root.as_object()) {
        if (key != "stages" && key != "vars") { remark(cat('/', key), cat("\"", core::cut_utf8(key, 60), "\" of the file is not carried over"), false); }
    }
    if (os::exists(os::join_path(folder_, "params.yaml"))) {
        const auto params = read_values(os::join_path(folder_, "params.yaml"));
        if (!params.ok()) { return core::Error(params.error()).context("reading the values of dvc.yaml"); }
        merge_values(values_, params.value());
    }
    load_values(root.find("vars"), "/vars", folder_, values_);
    for (const auto& [name, value] : *members) {
        const std::string path = cat("/stages/", name);
        if (value.is_object()) {
            read_entry(name, value, path);
        } else {
            text_.wrong(path, cat("the stage \"", core::cut_utf8(name, 60), "\" is ", kind_name(value), ", not a mapping"));
        }
        if (out_.stages.size() > k_most_instances) {
            text_.wrong(path, cat("there are more than ", k_most_instances, " stages"));
            break;
        }
    }
    if (mistakes_.any()) { return mistakes_.error(); }
    std::stable_sort(out_.remarks.begin(), out_.remarks.end(), [](const DvcRemark& a, const DvcRemark& b) { return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column); });
    return std::move(out_);
}

std::string suffix_of(const Json& value) { return dvc_text(value).value_or("None"); }

std::vector<Generated> DvcReader::generate(const Json& value, const std::string& path) {
    std::vector<Generated> found;
    const bool is_matrix = value.find("matrix") != nullptr;
    const std::string where = cat(path, is_matrix ? "/matrix" : "/foreach");
    const auto resolve = [&](const Json& raw, const std::string& at) -> Json {
        if (!raw.is_string()) { return raw; }
        auto read = interpolate(*raw.as_string(), values_);
        if (read.ok()) { return std::move(read).take(); }
        text_.wrong(at, read.error().message());
        return {};
    };
    const Json data = resolve(*value.find(is_matrix ? "matrix" : "foreach"), where);
    if (is_matrix) {
        if (!data.is_object() || data.as_object()->empty()) {
            text_.wrong(where, cat("\"matrix\" is ", kind_name(data), ", not a mapping of names to lists"));
            return found;
        }
        found.push_back({"", Json::object()});
        for (const auto& [name, axis] : *data.as_object()) {
            const Json items = resolve(axis, cat(where, '/', name));
            if (!items.is_array() || found.size() * items.as_array()->size() > k_most_instances) {
                text_.wrong(cat(where, '/', name), items.is_array() ? std::string("the matrix has too many points") : cat("\"", name, "\" of the matrix is ", kind_name(items), ", not a list"));
                return {};
            }
            std::vector<Generated> longer;
            for (const Generated& point : found) {
                for (std::size_t i = 0; i < items.as_array()->size(); ++i) {
                    const Json& item = (*items.as_array())[i];
                    Generated next = point;
                    next.suffix += cat(next.suffix.empty() ? "" : "-", item.is_object() || item.is_array() ? cat(name, i) : suffix_of(item));
                    next.own.set(name, item);
                    longer.push_back(std::move(next));
                }
            }
            found = std::move(longer);
        }
        for (Generated& point : found) {
            Json own = Json::object();
            own.set("item", std::move(point.own)).set("key", point.suffix);
            point.own = std::move(own);
        }
        return found;
    }
    if (const core::JsonArray* items = data.as_array()) {
        const bool composite = std::any_of(items->begin(), items->end(), [](const Json& item) { return item.is_object() || item.is_array(); });
        for (std::size_t i = 0; i < items->size(); ++i) {
            Json own = Json::object();
            found.push_back({composite ? std::to_string(i) : suffix_of((*items)[i]), own.set("item", (*items)[i])});
        }
    } else if (const core::JsonObject* members = data.as_object()) {
        for (const auto& [name, item] : *members) {
            Json own = Json::object();
            found.push_back({name, own.set("item", item).set("key", name)});
        }
    } else {
        text_.wrong(where, cat("\"foreach\" is ", kind_name(data), ", neither a list nor a mapping"));
    }
    return found;
}

void DvcReader::read_entry(const std::string& name, const Json& value, const std::string& path) {
    entry_ = path;
    const bool is_foreach = value.find("foreach") != nullptr;
    if (!is_foreach && value.find("matrix") == nullptr) { return add_stage(name, value, path, values_); }
    const Json* body = is_foreach ? value.find("do") : &value;
    if (body == nullptr || !body->is_object()) { return text_.wrong(path, "a stage with \"foreach\" has a mapping \"do\""); }
    for (Generated& one : generate(value, path)) {
        Json values = values_;
        for (auto& [key, own] : *one.own.as_object()) { values.set(key, own); }
        add_stage(cat(name, '@', one.suffix), *body, is_foreach ? cat(path, "/do") : path, values);
    }
}

// DVC's names may hold more than ours: "train@US 1" is "train-us_1".
std::string DvcReader::our_name(const std::string& dvc_name) {
    std::string name;
    for (const char c : core::lower_ascii(dvc_name)) {
        const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        const char kept = fits ? c : c == '-' || c == '@' || c == '.' ? '-' : '_';
        if (kept == '-' && (name.empty() || name.back() == '-')) { continue; }
        name += kept;
    }
    while (name.ends_with('-')) { name.pop_back(); }
    if (name.empty()) { name = "stage"; }
    const auto shortened = [&](std::size_t most) {
        std::string cut = name.substr(0, most);
        while (cut.ends_with('-')) { cut.pop_back(); }
        return cut;
    };
    std::string unique = shortened(64);
    for (int i = 2; !names_.insert(unique).second; ++i) { unique = cat(shortened(58), '-', i); }
    if (unique != dvc_name) { remark(entry_, cat("the stage \"", core::cut_utf8(dvc_name, 100), "\" is called \"", unique, '"'), false); }
    return unique;
}

std::optional<std::string> DvcReader::text_of(const Json& value, const std::string& path, const Json& values) {
    const std::string* raw = value.as_string();
    if (raw == nullptr) {
        text_.wrong(path, cat("this is ", kind_name(value), ", not a text"));
        return std::nullopt;
    }
    const auto replaced = interpolate(*raw, values);
    auto shown = replaced.ok() ? dvc_text(replaced.value()) : core::Result<std::string>(replaced.error());
    if (shown.ok()) { return std::move(shown).take(); }
    text_.wrong(path, shown.error().message());
    return std::nullopt;
}

std::string DvcReader::command_text(const Json& value, const std::string& path, const Json& values, DvcStage& stage) {
    const Json* command = value.find("cmd");
    const std::string where = cat(path, "/cmd");
    std::vector<std::string> lines;
    const auto add = [&](const Json& one, const std::string& at) {
        const std::string* raw = one.as_string();
        if (raw == nullptr) { return text_.wrong(at, cat("\"cmd\" is ", kind_name(one), ", not a text")); }
        auto line = interpolate_command(*raw, values);
        if (!line.ok()) { return text_.wrong(at, line.error().message()); }
        lines.push_back(std::move(line).take());
    };
    if (command == nullptr) {
        text_.wrong(path, cat("the stage \"", stage.dvc_name, "\" has no \"cmd\""));
    } else if (const core::JsonArray* items = command->as_array()) {
        for (std::size_t i = 0; i < items->size(); ++i) { add((*items)[i], cat(where, '/', i)); }
    } else {
        add(*command, where);
    }
    if (lines.empty()) { return ""; }
    std::string text;
    if (command->is_array()) {
        Json list = Json::array();
        for (const std::string& line : lines) { list.push(line); }
        stage.command = std::move(list);
        // Each has a shell of its own, as under DVC: a `cd` or `exit` ends with its line.
        for (const std::string& line : lines) { text += lines.size() == 1 ? line : cat(text.empty() ? "" : " &&\n", "(\n", line, "\n)"); }
    } else {
        stage.command = lines.front();
        text = lines.front();
    }
    const std::string folder = os::relative_inside(stage_folder_, out_.file.project_root).value_or("");
    return folder.empty() || folder == "." ? text : cat("cd ", core::shell_quoted(folder), " || exit 1\n", text);
}

// Where a path of dvc.yaml is. What cannot be declared is remarked.
std::optional<DvcPath> DvcReader::place(const std::string& written, const std::string& path, std::string_view what) {
    const auto lose = [&](std::string_view why) {
        remark(path, cat(what, " \"", core::cut_utf8(written, 200), "\" is left out: ", why), true);
        return std::nullopt;
    };
    if (written.find("://") != std::string::npos) { return lose("it is no file of this machine"); }
    const std::string absolute = os::lexically_normal(os::join_path(stage_folder_, written));
    const auto inside = os::relative_inside(absolute, out_.file.project_root);
    if (!inside || inside->empty() || *inside == ".") { return lose("it is not inside of the project"); }
    if (fingerprint::is_glob(*inside)) { return lose("*, ? and [ would be taken for a glob"); }
    if (const auto problem = path_problem(*inside, Place::workspace, false)) { return lose(*problem); }
    return DvcPath{written, absolute};
}

void DvcReader::declare(std::vector<TemplateText>& list, const DvcPath& path, const std::string& where) const {
    std::string text = cat("workspace:", escape_braces(os::relative_inside(path.path, out_.file.project_root).value_or("")));
    const bool known = std::any_of(list.begin(), list.end(), [&](const TemplateText& one) { return one.text == text; });
    if (!known) { list.push_back({std::move(text), text_.at(where)}); }
}

void DvcReader::read_deps(const Json& value, const std::string& path, const Json& values, DvcStage& stage, StageDecl& ours) {
    const core::JsonArray* items = text_.list(value, path, "deps");
    if (items == nullptr) { return; }
    for (std::size_t i = 0; i < items->size(); ++i) {
        const std::string where = cat(path, "/deps/", i);
        const auto written = text_of((*items)[i], where, values);
        const auto found = written ? place(*written, where, "the dependency") : std::nullopt;
        if (!found) { continue; }
        stage.deps.push_back(*found);
        declare(ours.reads, *found, where);
    }
}

void DvcReader::read_params(const Json& value, const std::string& path, const Json& values, DvcStage& stage, StageDecl& ours) {
    const core::JsonArray* items = text_.list(value, path, "params");
    if (items == nullptr) { return; }
    const auto of_file = [&](const std::string& written, const std::string& where) -> DvcParams* {
        for (DvcParams& one : stage.params) {
            if (one.file.written == written) { return &one; }
        }
        const auto found = place(written, where, "the file of params");
        if (!found) { return nullptr; }
        declare(ours.reads, *found, where);
        stage.params.push_back({*found, {}});
        return &stage.params.back();
    };
    std::set<std::string> whole;
    for (std::size_t i = 0; i < items->size(); ++i) {
        const std::string where = cat(path, "/params/", i);
        if (const core::JsonObject* members = (*items)[i].as_object()) {
            for (const auto& [file, keys] : *members) {
                const auto written = text_of(Json(file), where, values);
                DvcParams* params = written ? of_file(*written, where) : nullptr;
                if (params == nullptr) { continue; }
                if (keys.as_array() == nullptr || keys.as_array()->empty()) { whole.insert(*written); }
                for (const Json& key : keys.as_array() == nullptr ? core::JsonArray() : *keys.as_array()) {
                    if (const auto name = text_of(key, where, values)) { params->keys.push_back(*name); }
                }
            }
        } else if (const auto name = text_of((*items)[i], where, values)) {
            if (DvcParams* params = of_file("params.yaml", where)) { params->keys.push_back(*name); }
        }
    }
    for (DvcParams& params : stage.params) {
        if (whole.contains(params.file.written)) { params.keys.clear(); }
        if (params.keys.empty()) { continue; }
        remark(cat(path, "/params"), cat("the stage \"", stage.name, "\" is run again when anything in ", params.file.written, " changes, not only ", core::join(params.keys, ", ")), false);
    }
}

void DvcReader::read_outs(const Json& value, const std::string& path, std::string_view key, const Json& values, DvcStage& stage, StageDecl& ours) {
    const core::JsonArray* items = text_.list(value, path, key);
    if (items == nullptr) { return; }
    for (std::size_t i = 0; i < items->size(); ++i) {
        const std::string where = cat(path, '/', key, '/', i);
        const core::JsonObject* members = (*items)[i].as_object();
        const bool one_name = members != nullptr && members->size() == 1;
        if (members != nullptr && !one_name) {
            text_.wrong(where, "an output with properties is a mapping of its one path to them");
            continue;
        }
        const auto written = text_of(one_name ? Json(members->front().first) : (*items)[i], where, values);
        const auto found = written ? place(*written, where, "the output") : std::nullopt;
        if (!found) { continue; }
        const auto info = os::stat_link(found->path);
        if (info && (S_ISLNK(info->st_mode) || (S_ISREG(info->st_mode) && info->st_nlink > 1))) {
            remark(where, cat("\"", *written, "\" may be a link into DVC's cache: run `dvc unprotect ", *written, "` before the stage runs"), false);
        }
        stage.outs.push_back(*found);
        declare(ours.writes, *found, where);
    }
}

void DvcReader::add_stage(const std::string& dvc_name, const Json& value, const std::string& path, const Json& shared) {
    static const std::array<std::string, 14> k_known{"cmd", "wdir", "deps", "params", "outs", "metrics", "plots", "vars", "frozen", "always_changed", "desc", "meta", "matrix", "do"};
    if (text_.boolean(value, path, "frozen").value_or(false)) {
        return remark(path, cat("the stage \"", dvc_name, "\" is frozen and left out: what it makes is taken as it is"), false);
    }
    DvcStage stage;
    current_ = &stage;
    Json values = shared;
    stage.dvc_name = dvc_name;
    stage_folder_ = folder_;
    if (const Json* wdir = value.find("wdir"); wdir != nullptr && !wdir->is_null()) {
        const auto written = text_of(*wdir, cat(path, "/wdir"), values);
        stage_folder_ = os::lexically_normal(os::join_path(folder_, written.value_or("")));
        const bool inside = stage_folder_ == out_.file.project_root || os::relative_inside(stage_folder_, out_.file.project_root).has_value();
        if (!inside) { text_.wrong(cat(path, "/wdir"), "the working folder is not inside of the project"); }
    }
    load_values(value.find("vars"), cat(path, "/vars"), stage_folder_, values);
    stage.name = our_name(dvc_name);
    StageDecl ours;
    ours.name = stage.name;
    ours.at = text_.at(entry_);
    ours.shell = true;
    const core::SourcePosition command_at = text_.at(cat(path, "/cmd"));
    ours.command = {{"sh", command_at}, {"-c", command_at}, {escape_braces(command_text(value, path, values, stage)), command_at}};
    // DVC knows of the code what the dependencies say.
    ours.code.emplace();
    ours.points.emplace_back();
    ours.sandbox_off = true;
    ours.keeps_undeclared = true;
    read_deps(value, path, values, stage, ours);
    read_params(value, path, values, stage, ours);
    for (const std::string_view key : {"outs", "metrics", "plots"}) { read_outs(value, path, key, values, stage, ours); }
    if (text_.boolean(value, path, "always_changed").value_or(false)) {
        remark(cat(path, "/always_changed"), cat("the stage \"", stage.name, "\" is run when something changed, not always: `runlake pipeline run --force ", stage.name, "` runs it"), true);
    }
    for (const auto& [key, ignored] : *value.as_object()) {
        if (std::find(k_known.begin(), k_known.end(), key) == k_known.end()) { remark(cat(path, '/', key), cat("\"", core::cut_utf8(key, 60), "\" is not carried over"), true); }
    }
    current_ = nullptr;
    out_.stages.push_back(std::move(stage));
    out_.file.stages.push_back(std::move(ours));
}

std::string key_of_folder(const std::string& folder) {
    std::string key;
    for (const char c : core::lower_ascii(os::base_name(folder)).substr(0, 100)) { key += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_'; }
    return key.empty() ? "pipeline" : key;
}

}  // namespace

core::Result<DvcPipeline> read_dvc(const std::string& path) {
    auto text = os::read_file(path, k_most_bytes);
    if (!text.ok()) { return std::move(text).take_error().context("reading a pipeline of DVC"); }
    RL_ASSIGN(const std::string absolute, os::absolute_path(path));
    const std::string folder = os::parent_path(absolute);
    auto document = core::parse_yaml(text.value(), path);
    if (!document.ok()) { return core::Error(core::Errc::usage, document.error().message()); }
    DvcReader reader(document.value(), path, folder, record::find_project_root(folder).value_or(folder));
    RL_ASSIGN(DvcPipeline pipeline, reader.read());
    pipeline.file.path = absolute;
    pipeline.file.experiment_key = key_of_folder(pipeline.file.project_root);
    pipeline.lock_path = os::join_path(folder, "dvc.lock");
    return pipeline;
}

std::string dvc_pipeline_text(const DvcPipeline& pipeline) {
    return cat("# Stages of ", os::base_name(pipeline.file.path),
               ", by `runlake pipeline import`. Commands are unchanged; values of ${...} are those of that moment.\n"
               "# What a stage is run again for is what it reads and its command (`code: []`), as under DVC. With `sandbox: \"off\"` it may write what it likes outside of the project; what\n"
               "# it writes beside its outputs without declaring it is found afterwards.\n",
               pipeline_text(pipeline.file));
}

}  // namespace runlake::pipeline
