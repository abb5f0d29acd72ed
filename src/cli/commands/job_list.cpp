// SPDX-License-Identifier: Apache-2.0
// `runlake job list`
#include <array>

#include "cli/command.hpp"
#include "cli/commands/job_shared.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"
#include "ops/job_list.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    k_experiment_filter,
    Option{.names = "--hypothesis", .value = "H###", .help = "only jobs of this hypothesis"},
    Option{.names = "--status", .value = "STATUS", .help = "only jobs with this status: created, queued, running, complete, failed, abandoned, stopped", .repeats = true},
    Option{.names = "--sp", .value = "NAME=VALUE", .help = "only jobs with this member, compared as a value: 1 is 1.0, and not \"1\"; a.b is b of a", .repeats = true},
};

std::string tracker_text(const core::Json& document) {
    const core::Json* tracker = document.find("tracker");
    if (tracker == nullptr) { return "-"; }
    const core::Json* url = tracker->find("url");
    return value_text(url != nullptr && !url->is_null() ? url : tracker->find("run_id"));
}

core::Result<int> run(Invocation& inv) {
    ops::JobListRequest request;
    request.filter = {.experiment = inv.value("--experiment"), .hypothesis = inv.value("--hypothesis"), .statuses = inv.values("--status"), .words = inv.values("--sp")};
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const ops::JobListResponse response, ops::job_list(request));
    say_left_out(inv, response.left_out);
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    if (response.jobs.empty()) {
        inv.out("No jobs match.\n");
        return 0;
    }
    std::vector<render::Row> rows;
    rows.reserve(response.jobs.size());
    for (const ops::ListedJob& listed : response.jobs) {
        const jobs::Job& job = listed.job;
        rows.push_back({{std::string(job.id.brief())},
                        {jobs::experiment_of(job).value_or("-")},
                        {jobs::hypothesis_of(job).value_or("-")},
                        {listed.status, job_tone(listed.status)},
                        {value_text(job.state_point.find("condition"))},
                        {tracker_text(job.document)}});
    }
    inv.out(render::table({{.title = "ID"},
                           {.title = "Experiment"},
                           {.title = "Hypothesis"},
                           {.title = "Status"},
                           {.title = "Condition", .may_shrink = true},
                           {.title = "Tracker", .may_shrink = true}},
                          rows, {.color = inv.color(), .width = inv.width()}));
    return 0;
}

}  // namespace

extern const Command k_job_list = {.name = "job list", .summary = "List the jobs of this machine", .options = k_options, .run = run};

}  // namespace runlake::cli
