// SPDX-License-Identifier: Apache-2.0
#include "lake/export/release.hpp"

#include "core/digest.hpp"
#include "core/text.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Json;

Json file_json(const ReleaseFile& file) { return Json::object().set("file", file.file).set("bytes", file.bytes).set("sha256", file.sha256); }

Json files_json(const std::vector<ReleaseFile>& files) {
    auto list = Json::array();
    for (const auto& file : files) { list.push(file_json(file)); }
    return list;
}

}  // namespace

core::Result<std::string> release_id(const Release& release) {
    RL_ASSIGN(const auto config, core::canonical_json(release.config));
    core::FieldHash hash(k_release_recipe);
    hash.field("schema_version", std::to_string(k_release_schema_version));
    hash.field("lake_schema_version", std::to_string(release.lake_schema_version));
    hash.field("config", config);
    for (const auto& dataset : release.datasets) {
        hash.field("dataset", dataset.file.name);
        for (const auto& column : dataset.file.columns) { hash.field(column.name, column.type); }
        hash.field("rows", std::to_string(dataset.file.rows));
        hash.field("jsonl_sha256", dataset.jsonl_sha256);
    }
    return hash.finish().hex();
}

core::Result<Json> release_manifest(const Release& release, const std::string& id) {
    auto tables = Json::array();
    auto datasets = Json::array();
    for (const auto& dataset : release.datasets) {
        tables.push(to_json(dataset.file).set("jsonl_sha256", dataset.jsonl_sha256));
        // The trees are for looking at single searches, not for charts.
        if (!dataset.file.name.starts_with("mcts_tree_")) { datasets.push(Json::object().set("name", dataset.file.name).set("file", dataset.file.file)); }
    }
    return Json::object()
        .set("schema_version", k_release_schema_version)
        .set("format", "parquet")
        .set("profile", "dashboard")
        .set("release_id", id)
        .set("recipe", k_release_recipe)
        .set("lake_schema_version", release.lake_schema_version)
        .set("job", release.job_name)
        .set("selection", release.config.find("selection") == nullptr ? Json::object() : *release.config.find("selection"))
        .set("reference", release.reference)
        .set("selected_runs", release.selected_runs)
        .set("tables", std::move(tables))
        .set("datasets", std::move(datasets))
        .set("files", files_json(release.files))
        .set("page", files_json(release.page));
}

}  // namespace runlake::lake
