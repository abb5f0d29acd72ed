// SPDX-License-Identifier: Apache-2.0
// `runlake runs export`
#include "ops/runs_export.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--format", .value = "FORMAT", .help = "csv, jsonl or parquet (default csv)", .choices = "csv|jsonl|parquet"},
    Option{.names = "--out", .value = "FILE", .help = "the file to write, whole or not at all; without it csv and jsonl go to standard output"},
    k_stage_option,
    k_state_option,
    k_tenant_option,
    k_all_machines_option,
    k_tag_option,
    k_param_option,
    k_metric_option,
    k_since_option,
    k_until_option,
    k_columns_option,
};

core::Result<int> run(Invocation& inv) {
    ops::RunsExportRequest request;
    request.format = inv.value("--format").value_or("csv");
    request.out = inv.value("--out");
    request.filter = filter_words(inv);
    request.columns = inv.value("--columns");
    request.now = os::system_clock().now();
    request.sink = [&](std::string_view piece) {
        inv.out(piece);
        return core::ok();
    };
    if (inv.json() && !request.out) { return core::Error(core::Errc::usage, "--json tells what was written to a file: name one with --out"); }
    RL_TRY(ops::check(request));
    request.all_machines = inv.flag("--all-machines");
    RL_ASSIGN(request.scope, scope_of(inv, request.all_machines));
    RL_ASSIGN(const ops::RunsExportResponse response, ops::runs_export(request));
    say_notes(inv, response.notes);
    if (inv.json()) {
        inv.answer(ops::to_json(response));
    } else if (response.out) {
        inv.say(core::cat("exported ", core::group_thousands(response.rows), response.rows == 1 ? " run to " : " runs to ", *response.out));
    }
    return 0;
}

}  // namespace

extern const Command k_runs_export = {.name = "runs export", .summary = "Write runs as csv, jsonl or parquet", .options = k_options, .run = run};

}  // namespace runlake::cli
