// SPDX-License-Identifier: Apache-2.0
// `replay attribute`: which knob changes the result. Everything that can be pinned is pinned; then one knob at a time is turned, until the bits flip.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/replay_amend.hpp"
#include "ops/replay_targets.hpp"
#include "record/store.hpp"
#include "replay/outcome.hpp"

namespace runlake::ops {

struct ReplayAttributeRequest {
    record::Store store;
    ReplayOf of;                                   // of a spec with several cells, one
    std::function<void(std::string_view)> say;
};

// same: it changes nothing. flips: the bits of the metric or of an artefact changed. steadies: all pinned it varied by itself, and with this it does not.
// failed: it could not be tried.
enum class KnobEffect : std::uint8_t { same, flips, steadies, failed };
std::string_view effect_name(KnobEffect effect);

struct TriedKnob {
    std::string knob;                              // threads hash_seed aslr cpu_features locale time_zone file_order clock random memory processors umask
    std::string value;                             // what was set: "OMP_NUM_THREADS=3 ..."
    KnobEffect effect = KnobEffect::same;
    std::string detail;                            // what it gave instead, or why it failed
};

struct ReplayAttributeResponse {
    std::string session;
    std::string cell;
    replay::Outcome baseline;                      // with everything pinned
    bool steady = true;                            // its repetitions agree
    std::vector<TriedKnob> tried;                  // in order; the last is the one that is named
    std::optional<std::string> attributed_to;
    std::optional<std::string> first_difference;   // between the artefacts of both
    std::optional<AmendedVerdict> verdict;         // the cell's, which names the knob now
    std::vector<std::string> kept;                 // folders with both outputs, relative to the store
};

core::Result<ReplayAttributeResponse> replay_attribute(const ReplayAttributeRequest& request);
core::Json to_json(const ReplayAttributeResponse& response);

}  // namespace runlake::ops
