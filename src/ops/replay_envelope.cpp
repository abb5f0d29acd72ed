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
        if (cell.envelope.runs < replay::k_fewest_envelope_runs) {
            return Error(Errc::usage, cat("measuring an envelope: ", cell.envelope.runs, " runs are too few, at least ", replay::k_fewest_envelope_runs, " are needed"));
        }
        cell.replicas = cell.envelope.runs;
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
        if (one.error) { return cat("run ", i, ": ", replay::error_name(one.error->kind), ": ", one.error->detail); }
        if (!one.value || !replay::is_finite(*one.value)) { return cat("run ", i, ": its value is not finite"); }
        const auto changed = replay::stale_part(envelope_key(cell, {one}), key);
        if (changed && i > 0) { return cat("run ", i, " had another ", *changed, " than the first"); }
    }
    if (key.image.empty()) { return "the image is not known, nor what stands for it: no verdict could tell whether this envelope is its own (set RUNLAKE_IMAGE_DIGEST)"; }
    if (key.inputs.empty()) { return "what is read is not known: list the cell's inputs (an empty list where there are none)"; }
    return "";
}

MeasuredCell measure(const record::Store& store, const replay::Cell& cell, const std::vector<replay::Outcome>& outcomes) {
    MeasuredCell measured{.cell = cell.name, .envelope = {}, .path = "", .problem = problem_of(cell, outcomes)};
    if (!measured.problem.empty()) { return measured; }
    replay::Envelope envelope;
    envelope.key = envelope_key(cell, outcomes);
    envelope.method = cell.envelope.method;
    envelope.n_test = cell.envelope.n_test;
    envelope.measured_at = os::system_clock().now();
    for (const replay::Outcome& one : outcomes) { envelope.values.push_back(*one.value); }
    envelope.hosts = {record::machine_label(store)};
    auto bound = replay::bound_of(envelope.values, envelope.method);
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
    RL_ASSIGN(const std::unique_ptr<ReplaySession> session, ReplaySession::begin(std::move(work.session)));
    RL_ASSIGN(const std::unique_ptr<os::Lease> lease, take_machine(request.store, session->id()));
    ReplayEnvelopeResponse response;
    // Cell by cell, so that what was measured stays when the rest is stopped.
    for (const replay::Cell& cell : work.cells) {
        RL_ASSIGN(const std::vector<CellReplays> replays, session->run({cell}));
        response.cells.push_back(measure(request.store, cell, replays.front().outcomes));
    }
    return response;
}

core::Json to_json(const ReplayEnvelopeResponse& response) {
    core::Json cells = core::Json::array();
    for (const MeasuredCell& cell : response.cells) {
        core::Json one = core::Json::object();
        one.set("cell", cell.cell).set("envelope", cell.envelope ? replay::to_json(*cell.envelope) : core::Json());
        one.set("path", cell.path.empty() ? core::Json() : core::Json(cell.path)).set("problem", cell.problem.empty() ? core::Json() : core::Json(cell.problem));
        cells.push(std::move(one));
    }
    core::Json json = core::Json::object();
    json.set("cells", std::move(cells)).set("complete", response.complete());
    return json;
}

}  // namespace runlake::ops
