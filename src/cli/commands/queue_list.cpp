// SPDX-License-Identifier: Apache-2.0
// `runlake queue list`
#include "ops/queue_list.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/queue_shared.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"
#include "ops/queue_shared.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    k_experiment_filter,
    k_queue_tag_filter,
    Option{.names = "--include-terminal", .value = "", .help = "also jobs that have ended"},
};

core::Result<int> run(Invocation& inv) {
    ops::QueueListRequest request;
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    request.filter = queue_filter(inv);
    request.filter.terminal = inv.flag("--include-terminal");
    RL_ASSIGN(const ops::QueueListResponse response, ops::queue_list(request));
    for (const std::string& note : response.notes) { inv.say(render::harmless_line(note)); }
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    if (response.jobs.empty()) {
        inv.out("Nothing is queued.\n");
        return 0;
    }
    std::vector<render::Row> rows;
    for (const ops::QueueRow& row : response.jobs) {
        const std::string status(jobs::status_name(row.job.status));
        const std::string remark = ops::remark(row);
        rows.push_back({{row.job.entry.index ? std::to_string(*row.job.entry.index) : "-"},
                        {std::string(row.job.job.id.brief())},
                        {row.job.experiment.value_or("-")},
                        {status, job_tone(status)},
                        {row.job.entry.tag.value_or("-")},
                        {ops::state_point_text(row.job.job.state_point)},
                        {remark.empty() ? "-" : remark}});
    }
    inv.out(render::table({{.title = "Index", .align = render::Align::right},
                           {.title = "ID"},
                           {.title = "Experiment"},
                           {.title = "Status"},
                           {.title = "Tag", .may_shrink = true},
                           {.title = "State Point", .may_shrink = true},
                           {.title = "Remark", .may_shrink = true}},
                          rows, {.color = inv.color(), .width = inv.width()}));
    return 0;
}

}  // namespace

extern const Command k_queue_list = {
    .name = "queue list", .summary = "List the jobs that are queued and that run", .options = k_options, .arguments = {}, .run = run};

}  // namespace runlake::cli
