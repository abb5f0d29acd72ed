// SPDX-License-Identifier: Apache-2.0
#include "ops/ledger_promote.hpp"

#include <algorithm>
#include <cmath>

#include "core/redact.hpp"
#include "core/text.hpp"
#include "jobs/document.hpp"
#include "jobs/run_store.hpp"
#include "ledger/concerns.hpp"
#include "ledger/extra.hpp"
#include "ledger/project.hpp"
#include "ledger/text.hpp"
#include "ledger/write.hpp"
#include "ops/job_artifacts.hpp"
#include "ops/ledger_run_entry.hpp"
#include "ops/replay_canonical.hpp"
#include "ops/run_parts.hpp"
#include "os/system.hpp"
#include "record/installed.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;
using ledger::Extra;
using ledger::JobEnd;

core::Timestamp now_of(const PromoteOptions& options) { return (options.clock == nullptr ? os::system_clock() : *options.clock).now(); }

core::Result<std::string> label_of(const record::Store& store, const PromoteOptions& options) {
    if (options.machine_label) {
        RL_TRY(record::check_label(*options.machine_label));
        return *options.machine_label;
    }
    return record::machine_label(store);
}

ledger::Label rule_of(const PromoteOptions& options) { return options.machine_label && !options.is_own_label ? ledger::Label::asked_for : ledger::Label::by_default; }

// Names are the user's, and go out as they are unless one is a path or a secret itself.
bool is_harmless_name(const std::string& name) { return !ledger::has_absolute_path(name) && core::redact_text(name) == name; }

void add_metrics(const runs::RunParts& run, Extra& extra) {
    std::map<std::string, runs::Stamp> last;
    for (const runs::MetricPart& said : run.metrics) {
        if (!std::isfinite(said.value) || !is_harmless_name(said.name)) { continue; }
        const auto [at, first] = extra.metrics.try_emplace(said.name);
        ledger::MetricFact& fact = at->second;
        runs::Stamp& stamp = last[said.name];
        if (first || said.stamp >= stamp) {
            fact.value = said.value;
            fact.step = said.step;
            stamp = said.stamp;
        }
        fact.min = std::min(fact.min.value_or(said.value), said.value);
        fact.max = std::max(fact.max.value_or(said.value), said.value);
    }
}

// What the journal says of a run, for what stands beside its entry or its job's.
void add_run(const record::Store& store, const runs::RunParts& run, Extra& extra) {
    add_metrics(run, extra);
    if (run.end) {
        extra.exit_status = run.end->exit_status;
        extra.signal = run.end->signal;
    }
    if (run.facts.environment) { extra.environment = run.facts.environment->value; }
    // What is informational only is in the environment's document.
    static const replay::ParityPolicy k_policy = replay::default_policy();
    for (const auto& [name, value] : provenance_of_run(store, run)) {
        const bool informational = std::ranges::any_of(k_policy.dimensions, [&](const auto& one) { return one.name == name && one.weight == replay::Weight::informational; });
        if (!informational && is_harmless_name(value)) { extra.provenance.emplace(name, value); }
    }
    if (run.facts.code_ref) { extra.dirty = run.facts.code_ref->value.find("+dirty.") != std::string::npos; }
}

void add_summary(const Json& document, Extra& extra) {
    const Json* summary = document.find("summary_metrics");
    if (summary == nullptr || !summary->is_object()) { return; }
    for (const auto& [name, value] : *summary->as_object()) {
        const std::optional<double> number = value.number();
        if (number && std::isfinite(*number) && is_harmless_name(name)) { extra.metrics.try_emplace(name, ledger::MetricFact{.value = *number}); }
    }
}

// What stands beside an entry already; nothing of it when it can't be read.
Extra known_extra(const record::Store& store, const std::string& id) {
    const auto text = os::read_file(ledger::extra_path(store, id), 16U << 20U);
    if (!text.ok()) { return {}; }
    return ledger::parse_extra(text.value(), id).value_or(Extra());
}

core::Status check_state_point(const jobs::Job& job) {
    const std::vector<ledger::Concern> concerns = ledger::concerns_in(job.state_point, "statepoint");
    if (concerns.empty()) { return core::ok(); }
    std::string what;
    for (const ledger::Concern& concern : concerns) { what += cat(what.empty() ? "" : "; ", concern.where, " holds ", concern.what); }
    return Error(Errc::usage, cat("promoting job ", job.id.str(), ": ", what,
                                  ". It would be committed for all to read, and can't be left out, since the id is made of it: make the job with a relative path or a name instead, or "
                                  "promote it as it is with `runlake ledger promote ", job.id.brief(), " --allow-paths`"));
}

Promoted promoted_of(const std::string& id, ledger::WrittenEntry written) {
    return {.id = id, .path = std::move(written.path), .extra_path = std::move(written.extra_path), .written = written.written, .kept_other = written.kept_other};
}

}  // namespace

core::Result<Promoted> promote_job(const record::Store& store, const jobs::Job& job, const PromoteOptions& options) { return promote_job_of(store, job, options, nullptr); }

core::Result<Promoted> promote_job_of(const record::Store& store, const jobs::Job& job, const PromoteOptions& options, const RunPartsById* runs) {
    RL_ASSIGN(const std::string label, label_of(store, options));
    const core::Timestamp now = now_of(options);
    RL_ASSIGN(Json entry, ledger::project_job({.id = job.id, .state_point = job.state_point, .document = job.document}, label, now));
    // Whoever allowed a path once need not say so at each later promotion.
    const Extra before = known_extra(store, job.id.str());
    const bool allowed = options.allow_paths || before.allow_paths;
    if (!allowed) { RL_TRY(check_state_point(job)); }
    const jobs::Own own = jobs::own_of(job.document);
    Extra extra{.id = job.id.str(), .promoted_at = now, .machine = label, .last_verdict = before.last_verdict};
    extra.end = ledger::parse_job_end(*entry.string_at("status")).value_or(JobEnd::complete);
    if (const auto ended = entry.string_at("ended_at")) {
        auto at = core::parse_iso(*ended);
        if (at.ok()) { extra.ended_at = at.value(); }
    }
    if (own.run) {
        extra.run_id = own.run->str();
        // A run that was pruned, or recorded elsewhere, leaves less to say.
        if (runs == nullptr) {
            const auto run = read_run_parts(store, own.run->str(), own.started_at);
            if (run.ok()) { add_run(store, run.value().parts, extra); }
        } else if (const auto run = runs->find(*own.run); run != runs->end()) {
            add_run(store, run->second, extra);
        }
    }
    if (own.exit_status) { extra.exit_status = *own.exit_status; }
    if (own.signal) { extra.signal = *own.signal; }
    if (const auto dirty = job.state_point.bool_at("code_dirty"); dirty && !extra.dirty) { extra.dirty = *dirty; }
    add_summary(job.document, extra);
    extra.artifacts = artifacts_of_folder(job.folder);
    extra.allow_paths = allowed && !ledger::concerns_in(job.state_point, "statepoint").empty();
    RL_ASSIGN(ledger::WrittenEntry written, ledger::write_entry(store, {.kind = ledger::TextKind::job,
                                                                       .id = job.id.str(),
                                                                       .entry = std::move(entry),
                                                                       .extra = to_json(extra),
                                                                       .label = rule_of(options),
                                                                       .durability = options.durability}));
    return promoted_of(job.id.str(), std::move(written));
}

core::Result<Promoted> promote_run(const record::Store& store, const PromoteRun& request, const PromoteOptions& options) {
    RL_ASSIGN(const std::string label, label_of(store, options));
    const core::Timestamp now = now_of(options);
    RL_ASSIGN(JournalRun run, read_run_parts(store, request.id, request.since));
    std::optional<ledger::RunEntry> known = run_entry_of(run);
    if (!known) {
        const std::string_view why = run.parts.state() == record::RunState::cached ? "its result was reused, so the run that made it is the one to promote" : "it has not ended";
        return Error(Errc::conflict, cat("promoting run ", run.id.str(), ": ", why));
    }
    if (const auto of = run.parts.tags.find("replay_of"); run.parts.tags.contains("replay")) {
        return Error(Errc::conflict, cat("promoting run ", run.id.str(), ": it is a replay", of == run.parts.tags.end() ? "" : cat(" of ", of->second.value.value_or("")),
                                         ", which says nothing that the verdict on it does not"));
    }
    ledger::RunEntry entry = *std::move(known);
    entry.rule = request.rule;
    entry.promoted_at = now;
    entry.machine = label;
    entry.stages = request.stages;
    Extra extra{.id = run.id.str(), .end = entry.end, .promoted_at = now, .machine = label, .ended_at = entry.ended_at};
    extra.last_verdict = request.last_verdict ? request.last_verdict : known_extra(store, extra.id).last_verdict;
    add_run(store, run.parts, extra);
    extra.artifacts = request.artifacts;
    RL_ASSIGN(ledger::WrittenEntry written, ledger::write_entry(store, {.kind = ledger::TextKind::run,
                                                                       .id = run.id.str(),
                                                                       .entry = to_json(entry),
                                                                       .extra = to_json(extra),
                                                                       .label = rule_of(options),
                                                                       .durability = options.durability}));
    return promoted_of(run.id.str(), std::move(written));
}

core::Result<Promoted> ledger_promote(const LedgerPromoteRequest& request) {
    if (request.job.has_value() == request.run.has_value()) { return Error(Errc::usage, "promoting: name a job, or a run with --run"); }
    if (request.run) { return promote_run(request.store, {.id = *request.run}, request.options); }
    RL_ASSIGN(const jobs::RunStore store, jobs::RunStore::find(request.store));
    RL_ASSIGN(const core::JobId id, store.resolve(*request.job));
    RL_ASSIGN(const jobs::Job job, store.read(id));
    return promote_job(request.store, job, request.options);
}

core::Json to_json(const Promoted& promoted) {
    Json json = Json::object();
    json.set("id", promoted.id).set("path", promoted.path).set("extra_path", promoted.extra_path).set("written", promoted.written);
    return json.set("kept_other", promoted.kept_other);
}

}  // namespace runlake::ops
