// SPDX-License-Identifier: Apache-2.0
// Any bytes as the report of a child: whatever it says, knobs are only effective when it says so.
#include "replay/knobs.hpp"
#include "replay/reads.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace core = runlake::core;
namespace replay = runlake::replay;

RUNLAKE_FUZZ {
    for (const replay::ReadFile& file : replay::parse_reads(text).files) {
        DEMAND(file.path.starts_with('/'));
        DEMAND(core::parse_iso(core::format_iso(file.changed_at)).ok());
    }
    const replay::Report report = replay::parse_report(text);
    DEMAND(report.mistakes.size() <= 20);
    static const std::vector<replay::RequestedKnob> k_knobs = {{"OMP_NUM_THREADS", "1", replay::KnobCheck::runtime},
                                                               {"PYTHONHASHSEED", "0", replay::KnobCheck::runtime},
                                                               {"parameters.seed", "7", replay::KnobCheck::program},
                                                               {"umask", "022", replay::KnobCheck::process}};
    const replay::KnobReading reading = replay::read_knobs(k_knobs, report);
    DEMAND(reading.knobs.size() == k_knobs.size());
    for (const replay::Knob& knob : reading.knobs) { DEMAND(knob.effective || reading.error); }
}
