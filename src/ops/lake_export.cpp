// SPDX-License-Identifier: Apache-2.0
#include "ops/lake_export.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/json_texts.hpp"
#include "core/text.hpp"
#include "ops/lake_paths.hpp"
#include "ops/version.hpp"
#include "os/files.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;

core::Result<lake::DatasetFormat> format_of(const std::string& word) {
    if (word == lake::k_viz_format) { return lake::DatasetFormat::jsonl; }
    auto format = lake::parse_dataset_format(word);
    if (format.ok()) { return format; }
    const std::vector<std::string> words = {std::string(lake::k_viz_format), "parquet", "csv", "jsonl"};
    const auto near = core::nearest(core::lower_ascii(word), words);
    return Error(Errc::usage, cat("unknown format \"", core::valid_utf8(word), "\"", near ? cat(" (nearest: \"", *near, "\")") : "", "; formats: ", core::join(words, " ")));
}

}  // namespace

std::string program_name() { return cat("runlake ", version().version); }

core::Result<std::string> target_folder(const std::string& path) {
    RL_ASSIGN(const auto here, os::current_dir());
    return os::lexically_normal(os::join_path(here, path));
}

core::Result<LakeExportResponse> lake_export(const LakeExportRequest& request) {
    lake::ExportOrder order;
    RL_ASSIGN(order.format, format_of(request.format));
    order.format_word = request.format;
    if (request.profile) { RL_ASSIGN(order.profile, lake::parse_profile(*request.profile)); }
    if (request.format == lake::k_viz_format && order.profile != lake::Profile::full) { return Error(Errc::usage, "--format specter-viz has the profile full; for dashboard: --format jsonl"); }
    if (request.out && request.out->empty()) { return Error(Errc::usage, "--out is empty: give it a folder"); }
    RL_ASSIGN(const auto roots, lake_roots(request.store));
    order.database = roots.database;
    const std::string name = cat(request.format, order.profile == lake::Profile::dashboard ? "-dashboard" : "");
    RL_ASSIGN(order.out, target_folder(request.out.value_or(os::join_path(roots.exports, name))));
    order.now = request.now;
    order.program = program_name();
    LakeExportResponse response{.format = request.format, .profile = std::string(lake::profile_name(order.profile)), .out = order.out, .done = {}};
    RL_ASSIGN(response.done, lake::export_lake(order));
    return response;
}

core::Json to_json(const LakeExportResponse& response) {
    auto datasets = core::Json::array();
    for (const auto& dataset : response.done.datasets) {
        datasets.push(core::Json::object().set("name", dataset.name).set("file", dataset.file).set("rows", dataset.rows).set("bytes", dataset.bytes).set("sha256", dataset.sha256));
    }
    return core::Json::object()
        .set("out", response.out)
        .set("format", response.format)
        .set("profile", response.profile)
        .set("runs", response.done.runs)
        .set("replaced", response.done.replaced)
        .set("left_out", core::Json::object().set("runs", response.done.left_out).set("tables", core::text_list(response.done.with_paths)))
        .set("datasets", std::move(datasets));
}

}  // namespace runlake::ops
