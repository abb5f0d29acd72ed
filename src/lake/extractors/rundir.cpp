// SPDX-License-Identifier: Apache-2.0
// Extractors "rundir_info" and "rundir_done": run directories of pipelines and the results that were published in them.
#include <array>

#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/identity.hpp"
#include "rundir/layout.hpp"
#include "rundir/publish.hpp"

namespace runlake::lake {
namespace {

constexpr auto k_info_columns = std::to_array<Column>({
    k_run_key_column,
    {"pipeline_run_id", ColumnType::text, "the pipeline's own run"},
    {"experiment_key", ColumnType::text, ""},
    {"created_at", ColumnType::time, ""},
    {"host", ColumnType::text, ""},
    {"config_digest", ColumnType::text, "of config_resolved.yaml"},
    {"pipeline_file", ColumnType::text, ""},
    {"folder", ColumnType::text, "the name of the run directory"},
    k_rel_path_column,
});
constexpr auto k_result_columns = std::to_array<Column>({
    k_run_key_column,
    {"stage", ColumnType::text, "", true},
    {"instance", ColumnType::text, "point of the matrix, - without one", true},
    {"stage_key", ColumnType::text, "the key of the result", true},
    {"run_id", ColumnType::text, "the run that made the files"},
    {"published_by", ColumnType::text, "the run that published them here"},
    {"cached_from", ColumnType::text, "the run directory they were reused from"},
    {"started_at", ColumnType::time, ""},
    {"finished_at", ColumnType::time, ""},
    {"files", ColumnType::integer, ""},
    {"bytes", ColumnType::integer, ""},
    {"manifest", ColumnType::text, "digest of all files"},
    {"isolation", ColumnType::text, ""},
    {"inputs_changed", ColumnType::boolean, "while the stage ran"},
    {"inputs", ColumnType::json, "what was read from outside: name, digest, bytes"},
    {"workspace", ColumnType::json, "what was written into the project: name, digest, bytes"},
    {"writes", ColumnType::json, "the declared outputs"},
    {"blessed_from", ColumnType::text, ""},
    k_rel_path_column,
});
constexpr Table k_infos = {"rundir_runs", "Run directories.", k_info_columns};
constexpr Table k_results = {"rundir_results", "Results that were published in run directories: their DONE records.", k_result_columns};
constexpr std::array<const Table*, 1> k_info_tables = {&k_infos};
constexpr std::array<const Table*, 1> k_result_tables = {&k_results};

core::Json outside_json(const std::vector<rundir::OutsideFile>& files) {
    core::Json list = core::Json::array();
    for (const auto& file : files) { list.push(core::Json::object().set("name", file.name).set("digest", file.digest).set("bytes", static_cast<std::int64_t>(file.bytes))); }
    return list;
}

core::Status extract_info(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto text, input.document());
    RL_ASSIGN(const auto info, rundir::parse_run_json(text, "run.json"));
    out.rows.row(k_infos, file.run_key, info.run_id.str(), info.experiment_key, info.created_at, info.host, info.config_digest.hex(), info.pipeline_file, file.unit_name, file.rel_path);
    return core::ok();
}

core::Status extract_done(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto text, input.document());
    RL_ASSIGN(const auto done, rundir::parse_done(text, "DONE.json"));
    const std::string key = done.key.key.hex();
    // A record that stands elsewhere is not believed.
    if (file.rel_path != core::cat(".stages/", done.which.stage, '/', done.which.instance, '/', key, "/DONE.json")) {
        return core::Error(core::Errc::corrupt, core::cat("it is the record of ", done.which.str(), ", key ", key, ", and stands elsewhere"));
    }
    core::Json writes = core::Json::array();
    for (const auto& path : done.writes) { writes.push(path); }
    out.rows.row(k_results, file.run_key, done.which.stage, done.which.instance, key, done.run_id.str(), done.published_by.str(), done.cached_from, done.started_at, done.finished_at,
                 static_cast<std::int64_t>(done.files), static_cast<std::int64_t>(done.bytes), done.manifest.hex(), done.isolation, done.inputs_changed,
                 core::to_json(outside_json(done.inputs)), core::to_json(outside_json(done.workspace)), core::to_json(writes), done.blessed_from, file.rel_path);
    return core::ok();
}

}  // namespace

extern const Extractor k_rundir_info_extractor = {.name = "rundir_info", .stage = "read_run_json", .done_word = "", .error_word = "", .tables = k_info_tables,
                                                  .reading = Reading::each, .takes = [](const SourceFile& file) { return file.rel_path == "run.json"; }, .extract = extract_info};
extern const Extractor k_rundir_done_extractor = {.name = "rundir_done", .stage = "read_done", .done_word = "", .error_word = "", .tables = k_result_tables,
                                                  .reading = Reading::each, .takes = [](const SourceFile& file) { return file.rel_path.ends_with("/DONE.json"); },
                                                  .extract = extract_done};

}  // namespace runlake::lake
