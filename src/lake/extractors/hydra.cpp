// SPDX-License-Identifier: Apache-2.0
// Extractors "hydra_config", "hydra_overrides" and "hydra_job": what Hydra leaves in the folder .hydra of a run.
#include <array>

#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/extractors/flat.hpp"

namespace runlake::lake {
namespace {

using core::Errc;
using core::Error;

constexpr auto k_config_columns = std::to_array<Column>({
    k_run_key_column,
    k_flat_name,
    k_flat_value,
    k_flat_number,
    k_rel_path_column,
});
constexpr auto k_override_columns = std::to_array<Column>({
    k_run_key_column,
    {"position", ColumnType::integer, "in the order of the command line, from 0", true},
    {"override", ColumnType::text, "as it was written"},
    {"name", ColumnType::text, "what is overridden; with its +, ++ or ~"},
    {"value", ColumnType::text, "what stands after ="},
    k_rel_path_column,
});
constexpr auto k_job_columns = std::to_array<Column>({
    k_run_key_column,
    {"job_name", ColumnType::text, ""},
    {"config_name", ColumnType::text, ""},
    {"mode", ColumnType::text, "RUN or MULTIRUN"},
    {"job_num", ColumnType::integer, "in a multirun"},
    {"job_id", ColumnType::text, "in a multirun"},
    {"override_dirname", ColumnType::text, ""},
    {"choices", ColumnType::json, "of groups of the configuration"},
    {"hydra_version", ColumnType::text, ""},
    {"folder", ColumnType::text, "the name of the run's folder"},
    k_rel_path_column,
});
constexpr Table k_config = {"hydra_config", "The configuration of a run, a value a row; interpolations as they are written.", k_config_columns, KeyCheck::certain};
constexpr Table k_overrides = {"hydra_overrides", "What the command line overrode.", k_override_columns, KeyCheck::certain};
constexpr Table k_jobs = {"hydra_runs", "Runs as Hydra's own configuration tells of them.", k_job_columns};
constexpr std::array<const Table*, 1> k_config_tables = {&k_config};
constexpr std::array<const Table*, 1> k_override_tables = {&k_overrides};
constexpr std::array<const Table*, 1> k_job_tables = {&k_jobs};

core::Status extract_config(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto document, read_yaml(input));
    if (document.root.is_null()) { return core::ok(); }
    if (!document.root.is_object()) { return Error(Errc::corrupt, "it is no mapping"); }
    each_leaf(document.root, out, [&](const std::string& name, const core::Json& leaf) {
        if (!name.empty()) { out.rows.row(k_config, file.run_key, name, core::to_json(leaf), number_of(leaf), file.rel_path); }
    });
    return core::ok();
}

core::Status extract_overrides(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto document, read_yaml(input));
    if (document.root.is_null()) { return core::ok(); }
    const auto* list = document.root.as_array();
    if (list == nullptr) { return Error(Errc::corrupt, "it is no list"); }
    std::int64_t position = 0;
    for (const auto& one : *list) {
        const auto text = text_cell(&one);
        if (!text) { return Error(Errc::corrupt, core::cat("override ", position, " is no text")); }
        const auto equals = text->find('=');
        const auto value = equals == std::string::npos ? std::nullopt : std::optional(text->substr(equals + 1));
        out.rows.row(k_overrides, file.run_key, position++, *text, text->substr(0, equals), value, file.rel_path);
    }
    return core::ok();
}

core::Status extract_job(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto document, read_yaml(input));
    const auto* hydra = document.root.find("hydra");
    if (hydra == nullptr || !hydra->is_object()) { return Error(Errc::corrupt, "it has no mapping hydra"); }
    const auto* job = hydra->find("job");
    const auto* runtime = hydra->find("runtime");
    const auto* id = member(job, "id");
    const auto id_text = text_cell(id) ? text_cell(id) : json_cell(id);
    out.rows.row(k_jobs, file.run_key, text_cell(member(job, "name")), text_cell(member(job, "config_name")), text_cell(hydra->find("mode")), integer_cell(member(job, "num")),
                 id_text == "???" ? std::nullopt : id_text, text_cell(member(job, "override_dirname")), json_cell(member(runtime, "choices")), text_cell(member(runtime, "version")),
                 file.unit_name, file.rel_path);
    return core::ok();
}

}  // namespace

extern const Extractor k_hydra_config_extractor = {.name = "hydra_config", .stage = "read_hydra_config", .done_word = "", .error_word = "", .tables = k_config_tables,
                                                   .reading = Reading::each, .takes = [](const SourceFile& file) { return file.rel_path == ".hydra/config.yaml"; },
                                                   .extract = extract_config};
extern const Extractor k_hydra_overrides_extractor = {.name = "hydra_overrides", .stage = "read_hydra_overrides", .done_word = "", .error_word = "", .tables = k_override_tables,
                                                      .reading = Reading::each, .takes = [](const SourceFile& file) { return file.rel_path == ".hydra/overrides.yaml"; },
                                                      .extract = extract_overrides};
extern const Extractor k_hydra_job_extractor = {.name = "hydra_job", .stage = "read_hydra_job", .done_word = "", .error_word = "", .tables = k_job_tables,
                                                .reading = Reading::each, .takes = [](const SourceFile& file) { return file.rel_path == ".hydra/hydra.yaml"; },
                                                .extract = extract_job};

}  // namespace runlake::lake
