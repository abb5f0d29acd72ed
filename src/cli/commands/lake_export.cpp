// SPDX-License-Identifier: Apache-2.0
// `runlake lake export`
#include "ops/lake_export.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--format", .value = "FORMAT", .help = "specter-viz, parquet, csv or jsonl", .choices = "specter-viz|parquet|csv|jsonl"},
    {.names = "--profile", .value = "PROFILE", .help = "full (default), or dashboard: fewer tables, narrow, no JSON", .choices = "full|dashboard"},
    {.names = "--out", .value = "DIR", .help = "The folder to make; an earlier export in it is replaced whole. Default: exports/FORMAT in the lake"},
});

core::Result<int> run(Invocation& inv) {
    ops::LakeExportRequest request;
    const auto format = inv.value("--format");
    if (!format) { return core::Error(core::Errc::usage, "which format? --format specter-viz, parquet, csv or jsonl"); }
    request.format = *format;
    request.profile = inv.value("--profile");
    request.out = inv.value("--out");
    request.now = os::system_clock().now();
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const auto response, ops::lake_export(request));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    std::vector<render::Row> rows;
    for (const auto& dataset : response.done.datasets) { rows.push_back({{dataset.file}, {core::group_thousands(dataset.rows)}, {dataset.sha256.substr(0, 12)}}); }
    inv.out(render::table({{.title = "File"}, {.title = "Rows"}, {.title = "SHA-256"}}, rows, {.color = inv.color(), .width = inv.width()}));
    inv.out(core::cat(response.out, ": ", core::group_thousands(response.done.runs), response.done.runs == 1 ? " run" : " runs", response.done.replaced ? " (the earlier export was replaced)\n" : "\n"));
    if (response.done.left_out > 0) { inv.say(core::cat(core::group_thousands(response.done.left_out), response.done.left_out == 1 ? " run of another tool has" : " runs of other tools have", " no tables here; --format parquet, csv or jsonl has all")); }
    for (const auto& table : response.done.with_paths) { inv.say(core::cat(table, " was left out: a value in it is a path of this machine; a job (runlake lake job run) can choose its columns")); }
    return 0;
}

}  // namespace

extern const Command k_lake_export = {.name = "lake export", .summary = "Write the lake's tables as JSON lines, CSV or Parquet, the same bytes each time", .options = k_options, .run = run};

}  // namespace runlake::cli
