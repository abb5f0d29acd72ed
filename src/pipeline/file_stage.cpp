// SPDX-License-Identifier: Apache-2.0
// Reads one stage of a pipeline file, and its matrix.
#include <algorithm>
#include <array>
#include <set>

#include "core/text.hpp"
#include "pipeline/file_parts.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;
using Point = std::vector<std::pair<std::string, std::string>>;

bool is_stage_name(std::string_view name) {
    if (name.empty() || name.size() > 64 || name.front() == '-' || name.back() == '-' || name.find("--") != std::string_view::npos) { return false; }
    return std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

void sort_members(core::Json& object) {
    std::sort(object.as_object()->begin(), object.as_object()->end(), [](const core::JsonMember& a, const core::JsonMember& b) { return a.first < b.first; });
}

void read_command(FileText& text, const core::Json& value, const std::string& path, StageDecl& stage) {
    const core::Json* command = value.find("command");
    if (command == nullptr || command->is_null()) { return text.wrong(path, cat("the stage \"", stage.name, "\" has no \"command\"")); }
    auto words = text.texts(value, path, "command");
    if (!words) { return; }
    stage.shell = command->is_string();
    const std::string command_path = cat(path, "/command");
    if (stage.shell) {
        const core::SourcePosition at = text.at(command_path);
        if (core::trim(words->front().text).empty()) { return text.wrong(command_path, "the command is empty"); }
        stage.command = {{"sh", at}, {"-c", at}, words->front()};
        return;
    }
    if (command->as_array()->empty() || (!words->empty() && words->front().text.empty())) { return text.wrong(command_path, "the command is empty"); }
    stage.command = *std::move(words);
}

void read_stage_params(FileText& text, const core::Json& value, const std::string& path, const FileFrame& frame, StageDecl& stage) {
    const core::Json* params = value.find("params");
    const std::string base = cat(path, "/params");
    if (params == nullptr || params->is_null()) {
        stage.params = frame.params;
    } else if (const core::JsonObject* own = params->as_object()) {
        stage.params = frame.params;
        for (const auto& [name, param] : *own) {
            check_param(text, cat(base, '/', name), name, param);
            stage.params.set(name, param);
        }
    } else if (params->is_array()) {
        std::vector<std::string> known;
        for (const auto& [name, param] : *frame.params.as_object()) { known.push_back(name); }
        for (std::size_t i = 0; i < params->as_array()->size(); ++i) {
            const std::string* name = (*params->as_array())[i].as_string();
            const core::Json* param = name == nullptr ? nullptr : frame.params.find(*name);
            if (param != nullptr) {
                stage.params.set(*name, *param);
            } else {
                text.wrong(cat(base, '/', i), name == nullptr ? std::string("an entry of \"params\" is not the name of a param")
                                                              : cat("the file's \"params\" has no \"", core::cut_utf8(*name, 60), '"', nearest_hint(*name, known)));
            }
        }
    } else {
        text.wrong(base, cat("\"params\" is ", kind_name(*params), ", neither a mapping nor a list of names"));
    }
    sort_members(stage.params);
}

void read_env(FileText& text, const core::Json& value, const std::string& path, StageDecl& stage) {
    static const std::array<std::string_view, 6> k_ours{"RUNLAKE_RUN_DIR", "RUNLAKE_OUT", "TMPDIR", "RUNLAKE_RUN_ID", "RUNLAKE_STORE", "TRACEPARENT"};
    const core::Json* env = value.find("env");
    if (env == nullptr || env->is_null()) { return; }
    const std::string base = cat(path, "/env");
    const core::JsonObject* members = env->as_object();
    if (members == nullptr) { return text.wrong(base, cat("\"env\" is ", kind_name(*env), ", not a mapping of names to values")); }
    for (const auto& [name, one] : *members) {
        const std::string where = cat(base, '/', name);
        const std::optional<std::string> set = scalar_text(one);
        if (!is_identifier(name)) {
            text.wrong(where, cat('"', core::cut_utf8(name, 60), "\" is no name of an environment variable"));
        } else if (std::find(k_ours.begin(), k_ours.end(), name) != k_ours.end()) {
            text.wrong(where, cat(name, " is set by Runlake for every stage"));
        } else if (!set && !one.is_null()) {
            text.wrong(where, cat(name, " is ", kind_name(one), ", not a text"));
        } else if (set && set->find('\0') != std::string::npos) {
            text.wrong(where, cat(name, " holds a NUL character"));
        } else {
            stage.env.emplace_back(name, set);
        }
    }
    std::sort(stage.env.begin(), stage.env.end());
}

void read_limits(FileText& text, const core::Json& value, const std::string& path, StageDecl& stage) {
    stage.optional = text.boolean(value, path, "optional").value_or(false);
    if (const core::Json* timeout = value.find("timeout"); timeout != nullptr && !timeout->is_null()) {
        const std::string* duration = timeout->as_string();
        const auto seconds = duration == nullptr ? core::Result<std::int64_t>(timeout->as_integer() == nullptr ? std::int64_t{-1} : *timeout->as_integer()) : core::parse_duration_s(*duration);
        // Ten years, so that milliseconds never overflow.
        if (!seconds.ok() || seconds.value() <= 0 || seconds.value() > 315'360'000) {
            text.wrong(cat(path, "/timeout"), "\"timeout\" is how long the stage may run: \"90s\", \"30m\", \"12h\", \"2d\", or seconds");
        } else {
            stage.timeout = std::chrono::seconds(seconds.value());
        }
    }
    if (const core::Json* retries = value.find("retries"); retries != nullptr && !retries->is_null()) {
        const std::int64_t* count = retries->as_integer();
        if (count == nullptr || *count < 0 || *count > 100) {
            text.wrong(cat(path, "/retries"), "\"retries\" is how often a failed stage is tried again: 0 to 100");
        } else {
            stage.retries = static_cast<int>(*count);
        }
    }
    if (const std::string* sandbox = text.text(value, path, "sandbox")) {
        static const std::array<std::string, 3> k_modes{"on", "off", "strict"};
        if (std::find(k_modes.begin(), k_modes.end(), *sandbox) == k_modes.end()) {
            text.wrong(cat(path, "/sandbox"), cat("\"sandbox\" is \"on\", \"off\" or \"strict\"", nearest_hint(*sandbox, k_modes)));
        }
        stage.strict_sandbox = *sandbox == "strict";
        stage.sandbox_off = *sandbox == "off";
    }
    if (const std::string* undeclared = text.text(value, path, "undeclared")) {
        static const std::array<std::string, 2> k_ways{"refused", "told"};
        if (std::find(k_ways.begin(), k_ways.end(), *undeclared) == k_ways.end()) {
            text.wrong(cat(path, "/undeclared"), cat("\"undeclared\" is \"refused\" or \"told\"", nearest_hint(*undeclared, k_ways)));
        }
        stage.keeps_undeclared = *undeclared == "told";
    }
}

// A name of a dimension; tells what is wrong with it.
bool check_dimension(FileText& text, const std::string& path, const std::string& name, const FileFrame& frame) {
    if (!is_identifier(name)) {
        text.wrong(path, cat("\"", core::cut_utf8(name, 60), "\" is no name of a dimension: letters, digits and _"));
    } else if (is_reserved_name(name) || std::find(frame.roots.begin(), frame.roots.end(), name) != frame.roots.end()) {
        text.wrong(path, cat("the dimension \"", name, "\" has another meaning in templates"));
    } else {
        return true;
    }
    return false;
}

std::optional<std::string> read_value(FileText& text, const std::string& path, const core::Json& value) {
    std::optional<std::string> found = scalar_text(value);
    if (!found || found->empty()) {
        text.wrong(path, cat("a value of the matrix is ", found ? "empty" : kind_name(value), ", not a text or a number"));
        return std::nullopt;
    }
    const bool odd = std::any_of(found->begin(), found->end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    if (odd || found->find_first_of("/\\*?[]") != std::string::npos || *found == "." || *found == "..") {
        text.wrong(path, cat("the value \"", core::cut_utf8(*found, 60), "\" of the matrix cannot stand in a path: no /, \\, *, ?, [, ] and no control characters"));
        return std::nullopt;
    }
    if (found->size() > 100) {
        text.wrong(path, "a value of the matrix is longer than 100 bytes");
        return std::nullopt;
    }
    return found;
}

void read_product(FileText& text, const core::JsonObject& dimensions, const std::string& path, const FileFrame& frame, StageDecl& stage) {
    std::vector<std::pair<std::string, std::vector<std::string>>> axes;
    if (dimensions.empty()) { return text.wrong(path, "the matrix has no dimension"); }
    std::size_t count = 1;
    for (const auto& [name, values] : dimensions) {
        const std::string axis_path = cat(path, '/', name);
        if (!check_dimension(text, axis_path, name, frame)) { continue; }
        const core::JsonArray* items = values.as_array();
        if (items == nullptr || items->empty()) {
            text.wrong(axis_path, cat("the dimension \"", name, "\" is ", items == nullptr ? kind_name(values) : "an empty list", ", not a list of values"));
            continue;
        }
        axes.emplace_back(name, std::vector<std::string>());
        std::set<std::string> seen;
        for (std::size_t i = 0; i < items->size(); ++i) {
            const std::string value_path = cat(axis_path, '/', i);
            std::optional<std::string> value = read_value(text, value_path, (*items)[i]);
            if (!value) { continue; }
            if (!seen.insert(*value).second) {
                text.wrong(value_path, cat("the value \"", *value, "\" stands twice"));
                continue;
            }
            axes.back().second.push_back(*std::move(value));
        }
        count *= axes.back().second.size();
        if (count > k_most_instances) { return text.wrong(path, cat("the matrix has more than ", k_most_instances, " points")); }
    }
    std::vector<Point> points{{}};
    for (const auto& [name, values] : axes) {
        std::vector<Point> longer;
        for (const Point& point : points) {
            for (const std::string& value : values) {
                longer.push_back(point);
                longer.back().emplace_back(name, value);
            }
        }
        points = std::move(longer);
        stage.dimensions.push_back(name);
    }
    for (Point& point : points) { std::sort(point.begin(), point.end()); }
    stage.points = std::move(points);
}

void read_points(FileText& text, const core::JsonArray& list, const std::string& path, const FileFrame& frame, StageDecl& stage) {
    if (list.empty()) { return text.wrong(path, "the matrix has no point"); }
    if (list.size() > k_most_instances) { return text.wrong(path, cat("the matrix has more than ", k_most_instances, " points")); }
    std::set<Point> seen;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::string point_path = cat(path, '/', i);
        const core::JsonObject* members = list[i].as_object();
        if (members == nullptr || members->empty()) {
            text.wrong(point_path, cat("a point of the matrix is ", members == nullptr ? kind_name(list[i]) : "empty", ", not a mapping of dimensions to values"));
            continue;
        }
        Point point;
        std::vector<std::string> names;
        for (const auto& [name, value] : *members) {
            const std::string value_path = cat(point_path, '/', name);
            names.push_back(name);
            if (!check_dimension(text, value_path, name, frame)) { continue; }
            if (auto found = read_value(text, value_path, value)) { point.emplace_back(name, *std::move(found)); }
        }
        std::sort(names.begin(), names.end());
        if (stage.dimensions.empty()) { stage.dimensions = names; }
        if (names != stage.dimensions) {
            text.wrong(point_path, cat("this point has the dimensions ", core::join(names, ", "), ", others have ", core::join(stage.dimensions, ", ")));
            continue;
        }
        std::sort(point.begin(), point.end());
        if (point.size() != names.size()) { continue; }
        if (!seen.insert(point).second) {
            text.wrong(point_path, "this point of the matrix stands twice");
            continue;
        }
        stage.points.push_back(std::move(point));
    }
}

}  // namespace

void read_matrix(FileText& text, const core::Json& value, const std::string& path, const FileFrame& frame, StageDecl& stage) {
    const core::Json* matrix = value.find("matrix");
    if (matrix != nullptr && !matrix->is_null()) {
        const std::string base = cat(path, "/matrix");
        if (const core::JsonObject* axes = matrix->as_object()) {
            read_product(text, *axes, base, frame, stage);
        } else if (const core::JsonArray* points = matrix->as_array()) {
            read_points(text, *points, base, frame, stage);
        } else {
            text.wrong(base, cat("\"matrix\" is ", kind_name(*matrix), ", neither a mapping of dimensions to values nor a list of points"));
        }
    }
    std::sort(stage.dimensions.begin(), stage.dimensions.end());
    if (stage.points.empty()) { stage.points.emplace_back(); }
}

StageDecl read_stage(FileText& text, const std::string& name, const core::Json& value, const std::string& path, const FileFrame& frame) {
    static const std::array<std::string, 12> k_keys{"command", "reads", "writes", "code", "params", "env", "matrix", "optional", "timeout", "retries", "sandbox", "undeclared"};
    StageDecl stage;
    stage.name = name;
    stage.at = text.at(path);
    stage.points = {};
    if (!is_stage_name(name)) { text.wrong(path, cat("\"", core::cut_utf8(name, 60), "\" is no name of a stage: at most 64 of a-z, 0-9, _ and single - between them")); }
    if (!value.is_object()) {
        text.wrong(path, cat("the stage \"", core::cut_utf8(name, 60), "\" is ", kind_name(value), ", not a mapping"));
        stage.points.emplace_back();
        return stage;
    }
    text.check_keys(value, path, k_keys);
    read_command(text, value, path, stage);
    stage.reads = text.texts(value, path, "reads").value_or(std::vector<TemplateText>());
    stage.writes = text.texts(value, path, "writes").value_or(std::vector<TemplateText>());
    stage.code = text.texts(value, path, "code");
    read_stage_params(text, value, path, frame, stage);
    read_env(text, value, path, stage);
    read_matrix(text, value, path, frame, stage);
    read_limits(text, value, path, stage);
    return stage;
}

}  // namespace runlake::pipeline
