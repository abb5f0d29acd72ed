// SPDX-License-Identifier: Apache-2.0
// The verdict artefact, its events, and where both go (docs/formats/verdict.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"
#include "replay/decision.hpp"

namespace runlake::replay {

inline constexpr std::string_view k_verdict_schema = "runlake.verdict/1";

// A verdict with all it rests on: enough to see from the file alone why P0 and H2 came out as they did.
struct VerdictRecord {
    std::string id;                               // 32 hex digits, random
    core::Timestamp decided_at;
    std::string runlake_version;
    std::string cell;
    std::string metric;
    std::string spec;                             // path of the spec as given, "" with --run
    std::string spec_digest;
    double eps_num = 0;
    ParityPolicy policy;
    std::vector<Outcome> replays;
    std::optional<Canonical> canonical;
    std::string canonical_problem;
    std::optional<Envelope> envelope;             // what was found, whether it counted or not
    std::string envelope_problem;
    EnvelopeKey expected;
    Judgement judgement;
    std::optional<std::string> attributed_to;     // the knob that `replay attribute` found
    std::optional<std::string> first_difference;  // of two artefacts: file, column or key
};

// Puts facts and judge(facts) into a record; id, time and version are the caller's.
VerdictRecord make_verdict(const CellFacts& facts, Judgement judgement);

core::Json to_json(const VerdictRecord& record);

// What a reader needs of a verdict file. (The whole is in `document`.)
struct VerdictFile {
    std::string id;
    std::string cell;
    std::string metric;
    core::Timestamp decided_at;
    Decision decision;
    H1 determinism = H1::error;
    ParityState parity_state = ParityState::unverifiable;
    std::optional<double> det_delta, canon_delta, epsilon, eps_num, eps_prod;
    std::optional<std::string> canonical_run_id;
    core::Json document;
};
core::Result<VerdictFile> parse_verdict(std::string_view text);   // corrupt, unsupported

// "<store>/verdicts".
std::string verdict_folder(const record::Store& store);
// Written whole: <store>/verdicts/<id>.json, and verdicts/<id>.json in `run_dir` when there is one. The path in the store.
core::Result<std::string> write_verdict(const record::Store& store, const VerdictRecord& record, const std::optional<std::string>& run_dir);

// The same of a verdict that is a text already.
core::Result<std::string> write_verdict_text(const record::Store& store, const std::string& id, const std::string& text, const std::optional<std::string>& run_dir);

// The four events of a cell in logfmt, each "event=<prefix>replay_... key=value ...", in this order: determinism (always), determinism_cause (on FAIL), divergence
// (when H1 passed and canonical and epsilon are there; its delta is null where parity stopped H2), verdict. Prefix "" or "s18_".
std::vector<std::string> events_of(const VerdictRecord& record, std::string_view prefix);
// What comes first of all: "event=<prefix>loaded build_sha=<sha>".
std::string loaded_event(std::string_view prefix, std::string_view build_sha);

// A push document of Loki's: one stream for `labels`, one value a line with its time in nanoseconds as text.
core::Json loki_push(const std::vector<std::pair<std::string, std::string>>& labels, const std::vector<std::pair<core::Timestamp, std::string>>& lines);

}  // namespace runlake::replay
