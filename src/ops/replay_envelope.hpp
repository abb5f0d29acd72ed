// SPDX-License-Identifier: Apache-2.0
// `replay envelope`: how far un-capped production runs of a cell spread, measured and kept as a file that is committed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/replay_targets.hpp"
#include "record/store.hpp"
#include "replay/envelope.hpp"

namespace runlake::ops {

struct ReplayEnvelopeRequest {
    record::Store store;
    ReplayOf of;
    std::optional<int> runs;                       // over the spec's
    std::optional<replay::Method> method;          // over the spec's
    bool add = false;                              // the runs are added to those of an envelope that is there, of this host or others
    std::function<void(std::string_view)> say;
};

struct MeasuredCell {
    std::string cell;
    std::optional<replay::Envelope> envelope;
    std::string path;                              // of its file
    std::optional<int> before;                     // added to an envelope of so many runs
    std::string problem;                           // why it was not measured, then
};

struct ReplayEnvelopeResponse {
    std::vector<MeasuredCell> cells;
    bool complete() const;                         // every cell was measured
};

// Errc::busy: replays are running in this store, or another envelope is being measured. Errc::interrupted: told to stop; cells that were done are kept.
core::Result<ReplayEnvelopeResponse> replay_envelope(const ReplayEnvelopeRequest& request);
core::Json to_json(const ReplayEnvelopeResponse& response);

}  // namespace runlake::ops
