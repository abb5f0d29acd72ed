// SPDX-License-Identifier: Apache-2.0
// `runlake job batches`
#include <array>

#include "cli/command.hpp"
#include "cli/commands/job_shared.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"
#include "ops/job_list.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {k_experiment_filter};

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const record::Store store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const ops::JobBatchesResponse response, ops::job_batches(store, inv.value("--experiment")));
    say_left_out(inv, response.left_out);
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    if (response.batches.empty()) {
        inv.out("No batches.\n");
        return 0;
    }
    std::vector<render::Row> rows;
    for (const jobs::Batch& batch : response.batches) {
        std::vector<std::string> statuses;
        for (const auto& [word, count] : batch.statuses) { statuses.push_back(core::cat(word, ' ', count)); }
        rows.push_back({{batch.experiment}, {core::to_json(batch.selector)}, {core::cat(batch.jobs.size())}, {core::join(statuses, ", ")}, {batch.slug.empty() ? "-" : batch.slug}});
    }
    inv.out(render::table({{.title = "Experiment"},
                           {.title = "Selector", .may_shrink = true},
                           {.title = "Jobs", .align = render::Align::right},
                           {.title = "Statuses", .may_shrink = true},
                           {.title = "Tracker group", .may_shrink = true}},
                          rows, {.color = inv.color(), .width = inv.width()}));
    return 0;
}

}  // namespace

extern const Command k_job_batches = {.name = "job batches", .summary = "Group the jobs of an experiment by condition", .options = k_options, .run = run};

}  // namespace runlake::cli
