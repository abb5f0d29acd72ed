// SPDX-License-Identifier: Apache-2.0
// Facts of a cell that is right in every respect, for tests to spoil.
#pragma once

#include "replay/decision.hpp"

namespace runlake::replay {

inline Provenance known_provenance() {
    return {{"build_sha", "0123456789abcdef"}, {"image", "sha256:aa"}, {"inputs", "replay-inputs/1:bb"}, {"instance_type", "m5.large"}, {"libraries", "cc"}, {"packages", "dd"}};
}

inline Outcome good_outcome(int replica, double value) {
    Outcome outcome;
    outcome.replica = replica;
    outcome.value = value;
    outcome.provenance = known_provenance();
    return outcome;
}

inline Envelope good_envelope(const EnvelopeKey& key) {
    Envelope envelope;
    envelope.key = key;
    envelope.values = {.3512, .3520, .3508, .3525, .3516, .3519, .3511, .3523, .3514, .3518};
    envelope.bound = bound_of(envelope.values, Method::automatic).take();
    envelope.measured_at = core::Timestamp{1'700'000'000'000'000};
    return envelope;
}

inline CellFacts good_facts(double replay = 0.3517, double canonical = 0.3517) {
    CellFacts facts;
    facts.replays = {good_outcome(0, replay), good_outcome(1, replay)};
    facts.expected = {.image = "sha256:aa", .cell = "btc/fold3", .metric = "f1", .config = "replay-config/1:cc", .inputs = "replay-inputs/1:bb"};
    facts.envelope = good_envelope(facts.expected);
    Canonical one;
    one.value = canonical;
    one.text = "0.3517";
    one.run_id = "row-7";
    one.source = "test";
    one.provenance = known_provenance();
    facts.canonical = one;
    facts.policy = default_policy();
    return facts;
}

}  // namespace runlake::replay
