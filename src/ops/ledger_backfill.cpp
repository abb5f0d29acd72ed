// SPDX-License-Identifier: Apache-2.0
#include "ops/ledger_backfill.hpp"

#include <algorithm>
#include <set>

#include "jobs/document.hpp"
#include "jobs/run_store.hpp"
#include "jobs/status.hpp"
#include "ledger/view.hpp"
#include "ops/ledger_promote.hpp"
#include "ops/run_parts.hpp"
#include "os/parallel.hpp"
#include "record/installed.hpp"

namespace runlake::ops {
namespace {

using jobs::Job;

bool has_ended(const Job& job) {
    const std::optional<jobs::JobStatus> status = jobs::status_of(job.document);
    return status && jobs::is_terminal(*status);
}

// The runs that the jobs were recorded as, out of one reading of the journal.
core::Result<RunPartsById> runs_of(const record::Store& store, const std::vector<const Job*>& jobs) {
    std::set<core::RunId> wanted;
    for (const Job* job : jobs) {
        if (const auto own = jobs::own_of(job->document); own.run) { wanted.insert(*own.run); }
    }
    return wanted.empty() ? core::Result<RunPartsById>(RunPartsById()) : read_runs_parts(store, wanted);
}

}  // namespace

core::Result<LedgerBackfillResponse> ledger_backfill(const LedgerBackfillRequest& request) {
    if (request.machine_label) { RL_TRY(record::check_label(*request.machine_label)); }
    LedgerBackfillResponse response;
    auto run_store = jobs::RunStore::find(request.store);
    if (!run_store.ok()) {
        if (run_store.error().code() == core::Errc::not_found) { return response; }
        return std::move(run_store).take_error();
    }
    RL_ASSIGN(const jobs::Jobs all, run_store.value().read_all());
    for (const jobs::LeftOut& damaged : all.left_out) { response.failed.push_back({damaged.id.str(), damaged.why}); }
    std::vector<const Job*> todo;
    {
        const ledger::View view = ledger::View::open(request.store);
        for (const Job& job : all.jobs) {
            if (!has_ended(job)) {
                ++response.unfinished;
            } else if (!request.overwrite && view.find(job.id.str()) != nullptr) {
                ++response.skipped;
            } else {
                todo.push_back(&job);
            }
        }
    }
    RL_ASSIGN(const RunPartsById runs, runs_of(request.store, todo));
    const PromoteOptions options{.machine_label = request.machine_label ? request.machine_label : std::optional(record::machine_label(request.store)),
                                 .is_own_label = !request.machine_label,
                                 .durability = os::Durability::process};
    std::vector<core::Result<Promoted>> results(todo.size(), core::Error(core::Errc::internal, ""));
    os::for_each_index(todo.size(), 1, [&](std::size_t i) { results[i] = promote_job_of(request.store, *todo[i], options, &runs); });
    for (std::size_t i = 0; i < todo.size(); ++i) {
        if (!results[i].ok()) {
            response.failed.push_back({todo[i]->id.str(), results[i].error()});
        } else if (results[i].value().kept_other) {
            ++response.kept_other;
        } else {
            ++response.promoted;
            response.unchanged += results[i].value().written ? 0U : 1U;
        }
    }
    std::ranges::sort(response.failed, {}, &NotPromoted::id);
    return response;
}

core::Json to_json(const LedgerBackfillResponse& response) {
    core::Json failed = core::Json::array();
    for (const NotPromoted& one : response.failed) {
        core::Json item = core::Json::object();
        failed.push(item.set("id", one.id).set("error", core::errc_name(one.why.code())).set("message", one.why.message()));
    }
    core::Json json = core::Json::object();
    json.set("promoted", response.promoted).set("unchanged", response.unchanged).set("skipped", response.skipped).set("kept_other", response.kept_other);
    return json.set("unfinished", response.unfinished).set("failed", std::move(failed));
}

}  // namespace runlake::ops
