// SPDX-License-Identifier: Apache-2.0
#include "ops/replay_run.hpp"

#include <algorithm>
#include <set>

#include "core/text.hpp"
#include "ops/replay_decide.hpp"
#include "ops/replay_differ.hpp"
#include "ops/replay_promote.hpp"
#include "ops/replay_session.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "replay/explain.hpp"
#include "replay/probes.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;

core::Result<ReplayWork> work_of(const ReplayRunRequest& request) {
    RL_ASSIGN(ReplayWork work, replay_work(request.store, request.of, "replaying"));
    if (work.target) {
        work.spec.eps_num = request.eps_num.value_or(0);
        work.spec.policy = replay::default_policy();
    } else {
        work.session.parallel = work.spec.parallel;
    }
    for (replay::Cell& cell : work.cells) {
        if (request.replicas) { cell.replicas = *request.replicas; }
    }
    if (request.parallel) { work.session.parallel = *request.parallel; }
    work.session.say = request.say;
    return work;
}

// Whether what the replicas left behind may be wanted: they failed, they differ, or they are not what was canonical.
bool is_worth_keeping(const std::vector<replay::Outcome>& outcomes, const replay::Determinism& found, const std::optional<replay::Canonical>& canonical) {
    if (found.status != replay::H1::pass || !found.artifacts_differ.empty()) { return true; }
    return canonical && outcomes.front().value && replay::bits_of(canonical->value) != replay::bits_of(*outcomes.front().value);
}

std::vector<std::string> next_steps(const replay::VerdictRecord& verdict) {
    const auto file = replay::parse_verdict(core::to_json_pretty(replay::to_json(verdict)));
    return file.ok() ? replay::explain(file.value()).next : std::vector<std::string>();
}

// Code that should have been brought back and is not says so once; parity tells the rest.
void check_code(const ReplayWork& work, const ReplaySession& session, std::vector<std::string>& notes) {
    if (!work.target || !work.target->code_ref || !session.code_ref()) { return; }
    if (*work.target->code_ref != *session.code_ref()) {
        notes.push_back(cat("the code that was replayed is ", *session.code_ref(), ", and ", *work.target->code_ref, " was recorded"));
    }
}

}  // namespace

int ReplayRunResponse::exit_status() const {
    std::vector<replay::Verdict> verdicts;
    for (const ReplayedCell& cell : cells) { verdicts.push_back(cell.verdict.judgement.decision.verdict); }
    return replay::worst_status(verdicts);
}

core::Result<ReplayRunResponse> replay_run(const ReplayRunRequest& request) {
    RL_ASSIGN(const ReplayWork work, work_of(request));
    const std::vector<std::string> notes = work.target ? work.target->notes : std::vector<std::string>();
    RL_ASSIGN(ReplayEvents events, replay_events(request.settings, request.events_file, request.event_prefix));
    events.line = request.line;
    for (const std::string& note : notes) { request.say(cat("runlake replay run: ", note)); }
    RL_ASSIGN(const std::unique_ptr<ReplaySession> session, ReplaySession::begin(work.session));
    RL_ASSIGN(std::vector<CellReplays> replays, session->run(work.cells));
    ReplayRunResponse response{.session = session->id(), .cells = {}, .notes = notes};
    check_code(work, *session, response.notes);
    if (response.notes.size() > notes.size()) { request.say(cat("runlake replay run: ", response.notes.back())); }
    const double eps_num = work.spec.eps_num;
    RL_ASSIGN(const std::unique_ptr<ReplayDecider> decider,
              ReplayDecider::open({.store = request.store, .spec = work.spec, .events = std::move(events), .build_sha = session->code_ref().value_or("")}));
    std::optional<Error> unwritten;
    for (std::size_t i = 0; i < work.cells.size(); ++i) {
        DecidedCell decided{.cell = work.cells[i], .replays = {}, .run_dir = {}, .attributed_to = {}, .first_difference = {}, .canonical = {}, .inputs_stated = true};
        if (work.target) {
            decided.canonical = work.target->canonical;
            decided.inputs_stated = !work.cells[i].inputs.value_or(std::vector<std::string>()).empty();
            decided.run_dir = work.target->run_dir;
        }
        std::string problem;
        if (!decided.canonical) { decided.canonical = decider->canonical_of(work.cells[i], problem); }
        const replay::Determinism found = replay::probe_determinism(replays[i].outcomes, eps_num);
        if (is_worth_keeping(replays[i].outcomes, found, decided.canonical)) { session->keep(replays[i]); }
        decided.first_difference = first_difference(replays[i], found.artifacts_differ);
        decided.replays = replays[i].outcomes;
        core::Result<replay::VerdictRecord> given = decider->decide(std::move(decided));
        if (!given.ok()) {
            // The others may still be told and written.
            if (unwritten) { request.say(cat("runlake replay run: ", given.error().message())); }
            else { unwritten = std::move(given).take_error(); }
            continue;
        }
        replay::VerdictRecord verdict = std::move(given).take();
        promote_replayed(request.store, work.cells[i].canonical, verdict, request.say);
        std::string path = verdict_path(request.store, verdict);
        std::vector<std::string> next = next_steps(verdict);
        response.cells.push_back({std::move(verdict), std::move(path), std::move(next)});
    }
    if (auto sent = decider->send(); !sent.ok()) { request.say(cat("runlake replay run: ", sent.error().message())); }
    if (unwritten) { return std::move(*unwritten).context(cat(response.cells.size(), " of ", work.cells.size(), " verdicts are written")); }
    return response;
}

core::Json to_json(const ReplayRunResponse& response) {
    core::Json json = core::Json::object();
    core::Json cells = core::Json::array();
    for (const ReplayedCell& cell : response.cells) {
        core::Json one = core::Json::object();
        cells.push(std::move(one.set("path", cell.path).set("verdict", replay::to_json(cell.verdict))));
    }
    core::Json notes = core::Json::array();
    for (const std::string& note : response.notes) { notes.push(note); }
    json.set("session", response.session).set("exit_status", response.exit_status()).set("cells", std::move(cells));
    return std::move(json.set("notes", std::move(notes)));
}

}  // namespace runlake::ops
