// SPDX-License-Identifier: Apache-2.0
#include "ops/ledger_run_entry.hpp"

#include <cmath>

#include "ledger/project.hpp"

namespace runlake::ops {
namespace {

std::optional<ledger::JobEnd> end_of(record::RunState state) {
    switch (state) {
        case record::RunState::completed:
        case record::RunState::degraded: return ledger::JobEnd::complete;
        case record::RunState::failed: return ledger::JobEnd::failed;
        case record::RunState::stopped: return ledger::JobEnd::stopped;
        case record::RunState::abandoned: return ledger::JobEnd::abandoned;
        case record::RunState::running:
        case record::RunState::cached: break;
    }
    return std::nullopt;
}

}  // namespace

std::optional<ledger::RunEntry> run_entry_of(const JournalRun& run) {
    const std::optional<ledger::JobEnd> end = end_of(run.parts.state());
    if (!end) { return std::nullopt; }
    ledger::RunEntry entry{.id = run.id, .end = *end, .stage = run.parts.start->stage, .tenant = run.parts.start->tenant};
    entry.degraded = run.parts.state() == record::RunState::degraded;
    entry.started_at = run.parts.start->stamp.at;
    entry.ended_at = run.parts.end->stamp.at;
    entry.wallclock_s = std::round(run.parts.end->duration_seconds * 1e3) / 1e3;
    const runs::FactParts& facts = run.parts.facts;
    if (facts.code_ref) { entry.code_ref = facts.code_ref->value; }
    if (facts.config_hash) { entry.config_hash = facts.config_hash->value; }
    if (facts.input_fingerprint) { entry.input_fingerprint = facts.input_fingerprint->value; }
    for (const auto& [name, said] : run.parts.params) {
        auto value = core::parse_json(said.value, "parameter");
        if (value.ok()) { entry.params.set(name, std::move(value).take()); }
    }
    for (const auto& [name, said] : run.parts.tags) {
        if (said.value) { entry.tags.set(name, *said.value); }
    }
    // Unlike a state point these make no id: what should not leave the machine is left out.
    entry.params = ledger::harmless_members(entry.params);
    entry.tags = ledger::harmless_members(entry.tags);
    return entry;
}

}  // namespace runlake::ops
