// SPDX-License-Identifier: Apache-2.0
// Source "dvc": stages of DVC as dvc.lock tells of them, and the metrics files that dvc.yaml names. Read whole: only dvc.yaml says which files hold metrics, and of which stage.
#include <array>
#include <map>

#include "core/json.hpp"
#include "core/python_json.hpp"
#include "core/text.hpp"
#include "core/yaml.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/flat.hpp"
#include "lake/identity.hpp"
#include "lake/regular_file.hpp"
#include "lake/source.hpp"
#include "lake/sources/listing.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr Column k_repo = {"repo_key", ColumnType::text, "the folder with dvc.yaml and dvc.lock", true, ColumnUse::place};
constexpr Column k_stage = {"stage", ColumnType::text, "", true};
constexpr auto k_stage_columns = std::to_array<Column>({
    k_repo,
    k_stage,
    {"run_key", ColumnType::text, "of the stage in all_runs", false, ColumnUse::place},
    {"cmd", ColumnType::json, "a text or a list of texts"},
    k_rel_path_column,
});
constexpr auto k_file_columns = std::to_array<Column>({
    k_repo,
    k_stage,
    {"path", ColumnType::text, "as the lock has it", true},
    {"hash", ColumnType::text, "its kind"},
    {"digest", ColumnType::text, "md5, etag or checksum"},
    {"size", ColumnType::integer, ""},
    {"nfiles", ColumnType::integer, "of a folder"},
    k_rel_path_column,
});
constexpr auto k_param_columns = std::to_array<Column>({
    k_repo,
    k_stage,
    {"file", ColumnType::text, "", true},
    {"name", ColumnType::text, "", true},
    {"value", ColumnType::json, ""},
    {"number", ColumnType::real, "of a number, 1 and 0 of true and false"},
    k_rel_path_column,
});
constexpr auto k_metric_columns = std::to_array<Column>({
    k_repo,
    {"path", ColumnType::text, "of the file", true},
    k_flat_name,
    k_flat_value,
    k_flat_number,
    {"stage", ColumnType::text, "whose output the file is"},
    k_rel_path_column,
});
constexpr Table k_stages = {"dvc_stages", "Stages that were run, by dvc.lock.", k_stage_columns, KeyCheck::certain};
constexpr Table k_deps = {"dvc_deps", "What stages read.", k_file_columns};
constexpr Table k_outs = {"dvc_outs", "What stages made.", k_file_columns};
constexpr Table k_params = {"dvc_params", "Parameters that stages were run with.", k_param_columns, KeyCheck::certain};
constexpr Table k_metrics = {"dvc_metrics", "Values in files of metrics.", k_metric_columns, KeyCheck::certain};
constexpr std::array<const Table*, 5> k_tables = {&k_stages, &k_deps, &k_outs, &k_params, &k_metrics};

constexpr std::uint64_t k_most_bytes = std::uint64_t{64} << 20U;

Detection detect(const FolderNames& folder) {
    Detection out;
    if (folder.has_file("dvc.lock") || folder.has_file("dvc.yaml")) { out.units.push_back(folder.path); }
    return out;
}

core::Result<core::YamlDocument> read_yaml_file(const std::string& path) {
    RL_ASSIGN(const auto text, read_regular_file(path, k_most_bytes));
    return core::parse_yaml(text, os::base_name(path));
}

// The stages of a lock: of its second form those below `stages`, of its first all members.
const Json* stages_of(const Json& lock) { return lock.find("stages") != nullptr ? lock.find("stages") : &lock; }

// Paths and patterns of files of metrics, by stage; "" for those that belong to none. ${...} may stand for anything.
std::map<std::string, std::vector<std::string>> metric_patterns(const Json& yaml) {
    std::map<std::string, std::vector<std::string>> out;
    const auto add = [&](const std::string& stage, const std::string& wdir, const Json* list) {
        const auto* items = list != nullptr ? list->as_array() : nullptr;
        if (items == nullptr) { return; }
        for (const auto& item : *items) {
            std::string path;
            if (const auto* text = item.as_string()) { path = *text; }
            if (const auto* object = item.as_object(); object != nullptr && object->size() == 1) { path = object->front().first; }
            for (auto at = path.find("${"); at != std::string::npos; at = path.find("${")) {
                const auto end = path.find('}', at);
                path.replace(at, end == std::string::npos ? std::string::npos : end - at + 1, "*");
            }
            if (!path.empty()) { out[stage].push_back(os::lexically_normal(os::join_path(wdir, path))); }
        }
    };
    add("", "", yaml.find("metrics"));
    const auto* stages = yaml.find("stages");
    if (stages == nullptr || !stages->is_object()) { return out; }
    for (const auto& [name, stage] : *stages->as_object()) {
        const auto* body = stage.find("do") != nullptr ? stage.find("do") : &stage;
        const std::string wdir = text_cell(body->find("wdir")).value_or("");
        add(name, wdir.find("${") == std::string::npos ? wdir : "", body->find("metrics"));
    }
    return out;
}

// The files of metrics that are there, each with its stage.
std::map<std::string, std::optional<std::string>> metric_files(const std::string& dir, const Json& yaml, const Json& lock) {
    std::map<std::string, std::optional<std::string>> out;
    const auto patterns = metric_patterns(yaml);
    const auto keep = [&](const std::string& path, const std::optional<std::string>& stage) {
        if (path.empty() || path.starts_with('/') || path.starts_with("..") || path == "dvc.yaml" || path == "dvc.lock") { return; }
        const auto info = os::stat_path(os::join_path(dir, path));
        if (!info || !S_ISREG(info->st_mode)) { return; }
        auto& kept = out[path];
        if (!kept) { kept = stage; }
    };
    const auto* stages = stages_of(lock);
    if (stages->is_object()) {
        for (const auto& [name, stage] : *stages->as_object()) {
            // "fit@us" is an instance of the stage "fit" in dvc.yaml.
            const std::string base = name.substr(0, name.find('@'));
            const auto wanted = patterns.find(base);
            const auto* outs = member(&stage, "outs");
            if (outs == nullptr || !outs->is_array()) { continue; }
            for (const auto& one : *outs->as_array()) {
                const auto path = text_cell(member(&one, "path"));
                if (!path) { continue; }
                if (wanted != patterns.end()) {
                    for (const auto& pattern : wanted->second) {
                        // A lock has paths as the stage sees them, from its own folder.
                        const std::string name_of = os::base_name(pattern);
                        const std::string parent = os::parent_path(pattern);
                        if (core::glob_match(pattern, *path)) { keep(*path, name); }
                        if (core::glob_match(name_of, os::base_name(*path)) && parent.find('*') == std::string::npos) { keep(os::lexically_normal(os::join_path(parent, os::base_name(*path))), name); }
                    }
                }
                if (const auto top = patterns.find(""); top != patterns.end()) {
                    for (const auto& pattern : top->second) {
                        if (pattern == *path) { keep(*path, name); }
                    }
                }
            }
        }
    }
    for (const auto& [stage, list] : patterns) {
        for (const auto& pattern : list) {
            if (pattern.find('*') == std::string::npos) { keep(pattern, stage.empty() ? std::nullopt : std::optional(stage)); }
        }
    }
    return out;
}

core::Result<UnitFiles> list(const Unit& unit) {
    RL_ASSIGN(auto files, Listing::of(unit));
    files.file("dvc.lock");
    files.file("dvc.yaml");
    auto yaml = read_yaml_file(os::join_path(unit.dir, "dvc.yaml"));
    auto lock = read_yaml_file(os::join_path(unit.dir, "dvc.lock"));
    // One that can't be read is told when it is read.
    for (const auto& [path, stage] : metric_files(unit.dir, std::move(yaml).value_or({}).root, std::move(lock).value_or({}).root)) { files.file(path); }
    return std::move(files).finish();
}

std::optional<std::string> digest_of(const Json& file) {
    for (const char* name : {"md5", "etag", "checksum"}) {
        if (auto text = text_cell(file.find(name))) { return text; }
    }
    return std::nullopt;
}

core::Status lock_rows(const std::string& key, const Json& lock, FileRows& out) {
    const auto* stages = stages_of(lock);
    if (!stages->is_object()) { return lock.is_null() ? core::ok() : Error(Errc::corrupt, "its stages are no mapping"); }
    for (const auto& [name, stage] : *stages->as_object()) {
        if (!stage.is_object()) { return Error(Errc::corrupt, cat("stage '", name, "' is no mapping")); }
        out.row(k_stages, key, name, stable_id({key, name}), json_cell(stage.find("cmd")), "dvc.lock");
        for (const auto& [member_name, table] : {std::pair("deps", &k_deps), std::pair("outs", &k_outs)}) {
            const auto* files = stage.find(member_name);
            if (files == nullptr || files->is_null()) { continue; }
            if (!files->is_array()) { return Error(Errc::corrupt, cat(member_name, " of stage '", name, "' are no list")); }
            for (const auto& file : *files->as_array()) {
                const auto path = text_cell(member(&file, "path"));
                if (!path) { return Error(Errc::corrupt, cat("one of the ", member_name, " of stage '", name, "' has no path")); }
                out.row(*table, key, name, *path, text_cell(file.find("hash")), digest_of(file), integer_cell(file.find("size")), integer_cell(file.find("nfiles")), "dvc.lock");
            }
        }
        const auto* params = stage.find("params");
        if (params == nullptr || !params->is_object()) { continue; }
        for (const auto& [file, values] : *params->as_object()) {
            if (!values.is_object()) { continue; }
            for (const auto& [param, value] : *values.as_object()) { out.row(k_params, key, name, file, param, core::to_json(value), number_of(value), "dvc.lock"); }
        }
    }
    return out.check_keys();
}

core::Status metric_rows(const std::string& key, const std::string& dir, const std::string& path, const std::optional<std::string>& stage, Extraction& out) {
    RL_ASSIGN(const auto text, os::read_file(os::join_path(dir, path), k_most_bytes));
    // YAML takes JSON too, but for numbers written as 1E5; and what is neither is no file of metrics that can be flattened (TOML, Python).
    auto json = core::parse_python_json(text, os::base_name(path));
    Json document;
    if (json.ok()) {
        document = std::move(json).take();
    } else {
        RL_ASSIGN(auto yaml, core::parse_yaml(text, os::base_name(path)));
        document = std::move(yaml.root);
    }
    each_leaf(document, out, [&](const std::string& name, const Json& leaf) { out.rows.row(k_metrics, key, path, name, core::to_json(leaf), number_of(leaf), stage, path); });
    return core::ok();
}

core::Status read(const Unit& unit, const UnitFiles&, const RowSink& sink, std::vector<FileProblem>& problems) {
    const auto take = [&](const char* name) -> Json {
        const std::string path = os::join_path(unit.dir, name);
        if (!os::exists(path)) { return {}; }
        auto root = read_yaml_file(path);
        if (root.ok()) { return std::move(root).take().root; }
        problems.push_back({name, root.error().message(), root.error().line(), false});
        return {};
    };
    const Json lock = take("dvc.lock");
    const Json yaml = take("dvc.yaml");
    FileRows rows;
    if (const auto status = lock_rows(unit.key, lock, rows); status.ok()) {
        RL_TRY(sink(std::move(rows)));
    } else {
        problems.push_back({"dvc.lock", status.error().message(), status.error().line(), false});
    }
    for (const auto& [path, stage] : metric_files(unit.dir, yaml, lock)) {
        Extraction one;
        const auto status = metric_rows(unit.key, unit.dir, path, stage, one);
        for (const auto& warning : one.warnings) { problems.push_back({path, warning, {}, true}); }
        if (status.ok()) {
            RL_TRY(sink(std::move(one.rows)));
        } else {
            problems.push_back({path, status.error().message(), status.error().line(), false});
        }
    }
    return core::ok();
}

// A stage that is in the lock was run to its end. Values of a file in several places are told by the file where names meet.
constexpr std::string_view k_all_runs = R"(SELECT 'dvc' AS source, s.repo_key AS unit_key, s.run_key, s.stage AS run_id, s.stage AS name, 'completed' AS state, NULL::TIMESTAMP AS started_at, NULL::TIMESTAMP AS finished_at,
  coalesce(p.params, '{}')::JSON AS params, coalesce(m.metrics, '{}')::JSON AS metrics
FROM dvc_stages s
LEFT JOIN (SELECT repo_key, stage, @object(name, "value"::VARCHAR) AS params
  FROM (SELECT repo_key, stage, CASE WHEN count(*) OVER (PARTITION BY repo_key, stage, name) > 1 THEN file || ':' || name ELSE name END AS name, "value" FROM dvc_params)
  GROUP BY repo_key, stage) p USING (repo_key, stage)
LEFT JOIN (SELECT repo_key, stage, @object(name, "value"::VARCHAR) AS metrics
  FROM (SELECT repo_key, stage, CASE WHEN count(*) OVER (PARTITION BY repo_key, stage, name) > 1 THEN path || ':' || name ELSE name END AS name, "value" FROM dvc_metrics)
  GROUP BY repo_key, stage) m USING (repo_key, stage))";

}  // namespace

extern const Source k_dvc_source = {.name = "dvc",
                                    .help = "Stages of DVC by dvc.lock, their parameters, and the files of metrics that dvc.yaml names.",
                                    .detect = detect,
                                    .list = list,
                                    .extractors = {},
                                    .read = read,
                                    .unit_tables = k_tables,
                                    .all_runs = k_all_runs,
                                    .run_column = "stage"};

}  // namespace runlake::lake
