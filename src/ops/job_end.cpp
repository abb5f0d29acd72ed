// SPDX-License-Identifier: Apache-2.0
#include "ops/job_end.hpp"

#include "core/text.hpp"
#include "ops/ledger_promote.hpp"

namespace runlake::ops {

core::Result<jobs::Finished> end_job(const record::Store& store, const jobs::RunStore& run_store, const core::JobId& id, const jobs::Ending& ending, const Say& say) {
    RL_ASSIGN(jobs::Finished finished, jobs::finish(run_store, id, ending));
    if (finished.changed) { promote_end(store, finished.job, say); }
    return finished;
}

void promote_end(const record::Store& store, const jobs::Job& job, const Say& say) {
    const core::Result<Promoted> promoted = promote_job(store, job);
    if (!promoted.ok()) { say(core::cat("runlake: job ", job.id.brief(), " is not in the ledger: ", promoted.error().message())); }
}

}  // namespace runlake::ops
