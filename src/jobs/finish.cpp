// SPDX-License-Identifier: Apache-2.0
#include "jobs/finish.hpp"

#include <cmath>

#include "core/text.hpp"
#include "jobs/document.hpp"
#include "os/system.hpp"

namespace runlake::jobs {
namespace {

using core::Json;

// A document that says what is no status may be ended: it is nothing that had ended.
JobStatus from_status(const Json& document) { return status_of(document).value_or(JobStatus::created); }

void forget_process(Json& document) {
    if (document.find(key::runlake) != nullptr) {
        Own own = own_of(document);
        own.process.reset();
        set_own(document, own);
    }
    if (const Json* queue = document.find(key::queue); queue != nullptr && queue->find(key::proc) != nullptr) {
        Json without = *queue;
        erase(without, key::proc);
        document.set(key::queue, std::move(without));
    }
}

}  // namespace

core::Result<Finished> finish(const RunStore& store, const core::JobId& id, const Ending& ending) {
    if (!is_terminal(ending.status)) {
        return core::Error(core::Errc::internal, core::cat("ending job ", id.brief(), " as ", status_name(ending.status), ": that is no end"));
    }
    bool changed = false;
    const auto change = [&](Json& document) {
        changed = false;
        if (ending.change == Change::by_recorder && ending.run && own_of(document).run != ending.run) { return core::ok(); }
        if (!may_become(from_status(document), ending.status, ending.change)) { return core::ok(); }
        changed = true;
        document.set(key::status, status_name(ending.status));
        document.set(key::ended_at, format_time(ending.ended_at.value_or(os::system_clock().now())));
        if (ending.wallclock_s) { document.set(key::wallclock_s, std::round(*ending.wallclock_s * 1000.0) / 1000.0); }
        forget_process(document);
        if (ending.more) { ending.more(document); }
        return core::ok();
    };
    core::Result<Job> job = store.update(id, change);
    if (!job.ok()) { return std::move(job).take_error().context(core::cat("ending job ", id.brief(), " as ", status_name(ending.status))); }
    return Finished{std::move(job).take(), changed};
}

}  // namespace runlake::jobs
