// SPDX-License-Identifier: Apache-2.0
// Any text as a sweep, as an answer of Slurm's and as a document with a place in the queue: it is read or refused, and what is read makes sense.
#include "core/json.hpp"
#include "jobs/queue_entry.hpp"
#include "jobs/queue_gpus.hpp"
#include "jobs/queue_policy.hpp"
#include "jobs/queue_sweep.hpp"
#include "jobs/slurm.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace jobs = runlake::jobs;
using runlake::core::Json;

RUNLAKE_FUZZ {
    const auto as_text = [](std::string_view piece) { return runlake::core::Result<Json>(Json(std::string(piece))); };
    if (const auto axes = jobs::parse_sweep(text, as_text); axes.ok()) {
        std::uint64_t count = 1;
        DEMAND(!axes.value().empty());
        for (const jobs::SweepAxis& axis : axes.value()) {
            DEMAND(!axis.key.empty() && !axis.values.empty());
            count *= axis.values.size();
        }
        DEMAND(count <= jobs::k_most_combinations);
        if (count <= 64) { DEMAND(jobs::combinations(axes.value()).size() == count); }
    } else {
        DEMAND(!axes.error().message().empty());
    }
    for (const auto& arrays : {jobs::parse_squeue(text), jobs::parse_scontrol(text)}) {
        if (!arrays.ok()) { continue; }
        for (const auto& [name, array] : arrays.value()) { DEMAND(!array.id.empty() && !array.tasks.empty() && array.tasks.begin()->first >= 0); }
    }
    if (const auto id = jobs::parse_sbatch(text); id.ok()) { DEMAND(id.value().find_first_not_of("0123456789") == std::string::npos); }
    if (auto slots = jobs::GpuSlots::parse(text); slots.ok()) { DEMAND(slots.value().take(1)); }
    if (auto document = runlake::core::parse_json(text, "document"); document.ok() && document.value().is_object()) {
        Json json = std::move(document).take();
        const auto entry = jobs::entry_of(json);
        for (const auto end : {jobs::AttemptEnd::completed, jobs::AttemptEnd::failed, jobs::AttemptEnd::lost}) {
            static_cast<void>(jobs::after_attempt(json, end));
            jobs::note_attempt(json, end, {1, "tail", {}});
        }
        DEMAND(jobs::entry_of(json).has_value() == entry.has_value());
        if (entry) {
            jobs::set_entry(json, *entry);
            DEMAND(jobs::entry_of(json)->after == entry->after && jobs::entry_of(json)->slurm == entry->slurm);
        }
    }
}
