// SPDX-License-Identifier: Apache-2.0
// `runlake lake job run`
#include <array>
#include <utility>

#include "cli/command.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"
#include "ops/lake_job.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--config", .value = "FILE", .help = "The job: a JSON file of schema 2, or preset:NAME"},
    {.names = "--logs-dir", .value = "DIR", .help = "Only runs in this folder, unless the selection says where runs lie"},
});

core::Result<int> run(Invocation& inv) {
    const auto config = inv.value("--config");
    if (!config) { return core::Error(core::Errc::usage, "which job? --config FILE, or --config preset:NAME (`runlake lake job presets` lists them)"); }
    RL_ASSIGN(auto store, inv.store(record::OpenStore::planned));
    const ops::LakeJobRunRequest request{.store = std::move(store), .config = *config, .logs_dir = inv.value("--logs-dir"), .now = os::system_clock().now()};
    RL_ASSIGN(const auto response, ops::lake_job_run(request));
    for (const auto& note : response.notes) { inv.say(core::cat("runlake lake job run: ", note)); }
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    const auto& done = response.done;
    std::vector<render::Row> rows;
    for (const auto& dataset : done.datasets) { rows.push_back({{dataset.name, render::Tone::strong}, {dataset.file}, {core::group_thousands(dataset.rows)}}); }
    inv.out(render::table({{.title = "Dataset"}, {.title = "File"}, {.title = "Rows"}}, rows, {.color = inv.color(), .width = inv.width()}));
    inv.out(core::cat(done.out_dir, ": job ", response.name, " over ", core::group_thousands(done.selected_runs), done.selected_runs == 1 ? " run" : " runs",
                      done.was_there ? " (as before: nothing was changed)\n" : "\n"));
    if (const auto in_sample = done.reference.integer_at("in_sample")) {
        inv.out(core::cat("Reference ", done.reference.string_at("ref_id").value_or(""), ": ", *in_sample, " of these runs are among its ", done.reference.integer_at("members").value_or(0),
                          " members", *in_sample > 0 ? ": what is said of them is in-sample\n" : "\n"));
    }
    if (const auto* scored = done.reference.find("scored"); scored != nullptr && scored->is_object()) {
        for (const auto& run : *scored->find("skipped")->as_array()) {
            inv.say(core::cat("not scored: ", run.string_at("run_key").value_or(""), ": ", render::harmless_line(run.string_at("why").value_or(""))));
        }
        inv.out(core::cat("Scored ", scored->integer_at("runs").value_or(0), " of them: ", scored->integer_at("rows").value_or(0), " scores, ", scored->integer_at("valid").value_or(0), " valid\n"));
    }
    return 0;
}

}  // namespace

extern const Command k_lake_job_run = {.name = "lake job run", .summary = "Make the datasets that a job describes, of the runs that it selects", .options = k_options, .run = run};

}  // namespace runlake::cli
