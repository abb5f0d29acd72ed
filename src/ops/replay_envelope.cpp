// SPDX-License-Identifier: Apache-2.0
#include "ops/replay_envelope.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "ops/replay_decide.hpp"
#include "ops/replay_session.hpp"
#include "os/files.hpp"
#include "os/lease.hpp"
#include "os/system.hpp"
#include "record/installed.hpp"
#include "replay/probes.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::string_view k_envelope_lease = "envelope.lease";

core::Result<ReplayWork> work_of(const ReplayEnvelopeRequest& request) {
    RL_ASSIGN(ReplayWork work, replay_work(request.store, request.of, "measuring an envelope"));
    for (replay::Cell& cell : work.cells) {
        if (request.runs) { cell.envelope.runs = *request.runs; }
        if (request.method) { cell.envelope.method = *request.method; }
        if (!request.add && cell.envelope.runs < replay::k_fewest_envelope_runs) {
            return Error(Errc::usage, cat("measuring an envelope: ", cell.envelope.runs, " runs are too few, at least ", replay::k_fewest_envelope_runs, " are needed"));
        }
        cell.replicas = cell.envelope.runs;
        if (!cell.inputs) { return Error(Errc::usage, cat("measuring an envelope: what ", cell.name, " reads is not known: list the cell's inputs (an empty list where there are none)")); }
    }
    return work;
}

// Capped replays beside un-capped runs would slow and disturb both. They look for this lease once theirs are taken, and this looks for theirs: one of the two sees the other.
core::Result<std::unique_ptr<os::Lease>> take_machine(const record::Store& store, const std::string& own_session) {
    const std::string folder = replays_folder(store);
    RL_TRY(os::make_dirs(folder, 0777, os::point::replay_folder_create));
    RL_ASSIGN(std::unique_ptr<os::Lease> lease, os::Lease::take(os::join_path(folder, k_envelope_lease), {.purpose = "envelope"}));
    RL_ASSIGN(const std::vector<os::DirEntry> entries, os::list_dir(folder));
    for (const os::DirEntry& entry : entries) {
        if (entry.name == own_session) { continue; }
        const auto lives = os::lease_lives(cat(folder, '/', entry.name, "/lease"));
        if (lives.ok() && lives.value()) { return Error(Errc::busy, "measuring an envelope: replays are running in this project; they would run beside it on the same processors"); }
    }
    return lease;
}

// Nothing: all runs count. A run that failed, or ran under other conditions than the first, spoils the measurement.
std::string problem_of(const replay::Cell& cell, const std::vector<replay::Outcome>& outcomes) {
    const replay::EnvelopeKey key = envelope_key(cell, {outcomes.front()});
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const replay::Outcome& one = outcomes[i];
        if (one.error) { return cat("run ", i + 1, ": ", replay::error_name(one.error->kind), ": ", one.error->detail); }
        if (!one.value || !replay::is_finite(*one.value)) { return cat("run ", i + 1, ": its value is not finite"); }
        const auto changed = replay::stale_part(envelope_key(cell, {one}), key);
        if (changed && i > 0 && !key.image.empty() && !key.inputs.empty()) { return cat("run ", i + 1, " had another ", *changed, " than the first"); }
    }
    if (key.image.empty()) { return "the image is not known, nor what stands for it: no verdict could tell whether this envelope is its own (set RUNLAKE_IMAGE_DIGEST)"; }
    if (key.inputs.empty()) { return "what is read is not known: list the cell's inputs (an empty list where there are none)"; }
    return "";
}

// The runs that are there already under the same conditions, by whichever host.
core::Result<replay::Envelope> earlier(const record::Store& store, const replay::Envelope& now) {
    const replay::Envelopes all = replay::Envelopes::load(store);
    const replay::Envelope* found = all.find(now.key);
    if (found == nullptr) { return Error(Errc::not_found, "there is no envelope of it to add to: the first is measured without --add"); }
    if (const auto part = replay::stale_part(found->key, now.key)) { return Error(Errc::conflict, cat("the envelope that is there was measured against another ", *part, ": runs of both make none")); }
    return *found;
}

core::Status add_to(const record::Store& store, replay::Envelope& envelope, std::optional<int>& before) {
    RL_ASSIGN(replay::Envelope first, earlier(store, envelope));
    before = static_cast<int>(first.values.size());
    // One of before there were parts is of a host that nobody named.
    if (first.parts.empty()) { first.parts.push_back({.host = "", .measured_at = first.measured_at, .runs = *before}); }
    first.values.insert(first.values.end(), envelope.values.begin(), envelope.values.end());
    first.parts.insert(first.parts.end(), envelope.parts.begin(), envelope.parts.end());
    envelope.values = std::move(first.values);
    envelope.parts = std::move(first.parts);
    if (!envelope.n_test) { envelope.n_test = first.n_test; }
    return core::ok();
}

MeasuredCell measure(const record::Store& store, const replay::Cell& cell, const std::vector<replay::Outcome>& outcomes, bool add) {
    MeasuredCell measured{.cell = cell.name, .envelope = {}, .path = "", .before = {}, .problem = problem_of(cell, outcomes)};
    if (!measured.problem.empty()) { return measured; }
    replay::Envelope envelope;
    envelope.key = envelope_key(cell, outcomes);
    envelope.method = cell.envelope.method;
    envelope.n_test = cell.envelope.n_test;
    envelope.measured_at = os::system_clock().now();
    for (const replay::Outcome& one : outcomes) { envelope.values.push_back(*one.value); }
    envelope.parts = {{.host = record::machine_label(store), .measured_at = envelope.measured_at, .runs = static_cast<int>(outcomes.size())}};
    if (add) {
        if (auto added = add_to(store, envelope, measured.before); !added.ok()) {
            measured.problem = added.error().message();
            return measured;
        }
    }
    auto bound = replay::bound_of(envelope.values, envelope.method, envelope.runs_by_part());
    if (!bound.ok()) {
        measured.problem = bound.error().message();
        return measured;
    }
    envelope.bound = std::move(bound).take();
    auto written = replay::write_envelope(store, envelope);
    if (!written.ok()) {
        measured.problem = written.error().message();
        return measured;
    }
    measured.path = store.root.empty() ? written.value() : os::relative_inside(written.value(), store.root).value_or(written.value());
    measured.envelope = std::move(envelope);
    return measured;
}

}  // namespace

bool ReplayEnvelopeResponse::complete() const {
    return std::ranges::all_of(cells, [](const MeasuredCell& cell) { return cell.envelope.has_value(); });
}

core::Result<ReplayEnvelopeResponse> replay_envelope(const ReplayEnvelopeRequest& request) {
    RL_ASSIGN(ReplayWork work, work_of(request));
    work.session.uncapped = true;
    work.session.tags.emplace_back("replay_role", "envelope");
    work.session.say = request.say;
    work.session.tell = [&](const replay::Cell& cell, const replay::Outcome& one) {
        const std::string what = one.error ? std::string(replay::error_name(one.error->kind)) : one.value ? core::format_float(*one.value) : "-";
        request.say(cat(cell.name, ": run ", one.replica + 1, " of ", cell.replicas, ": ", what));
    };
    if (work.target) {
        for (const std::string& note : work.target->notes) { request.say(note); }
    }
    // One that two hosts have added to at once holds both sides of a merge.
    if (request.add) {
        const replay::Envelopes there = replay::Envelopes::load(request.store);
        for (const std::string& problem : there.problems()) { request.say(cat(problem, ": it does not count")); }
    }
    RL_ASSIGN(const std::unique_ptr<ReplaySession> session, ReplaySession::begin(std::move(work.session)));
    RL_ASSIGN(const std::unique_ptr<os::Lease> lease, take_machine(request.store, session->id()));
    ReplayEnvelopeResponse response;
    // Cell by cell, so that what was measured stays when the rest is stopped.
    for (const replay::Cell& cell : work.cells) {
        RL_ASSIGN(const std::vector<CellReplays> replays, session->run({cell}));
        response.cells.push_back(measure(request.store, cell, replays.front().outcomes, request.add));
    }
    return response;
}

core::Json to_json(const ReplayEnvelopeResponse& response) {
    core::Json cells = core::Json::array();
    for (const MeasuredCell& cell : response.cells) {
        core::Json one = core::Json::object();
        one.set("cell", cell.cell).set("envelope", cell.envelope ? replay::to_json(*cell.envelope) : core::Json());
        one.set("added_to", cell.before);
        one.set("path", cell.path.empty() ? core::Json() : core::Json(cell.path)).set("problem", cell.problem.empty() ? core::Json() : core::Json(cell.problem));
        cells.push(std::move(one));
    }
    core::Json json = core::Json::object();
    json.set("cells", std::move(cells)).set("complete", response.complete());
    return json;
}

}  // namespace runlake::ops
