// SPDX-License-Identifier: Apache-2.0
// Any text as a reference and as the scores of a run: read or refused, and what is read is written again to equal bytes and keeps its name.
#include <algorithm>
#include <string>

#include "lake/reference/reference.hpp"
#include "lake/reference/score_file.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace core = runlake::core;
namespace lake = runlake::lake;

namespace {

bool is_refusal(const core::Error& error) { return (error.code() == core::Errc::corrupt || error.code() == core::Errc::unsupported) && !error.message().empty(); }

void look_at(const lake::Reference& reference) {
    DEMAND(reference.alpha > 0 && !reference.members.empty());
    DEMAND(std::ranges::is_sorted(reference.members, {}, &lake::ReferenceMember::run_uid));
    runlake::metrics::Outcomes sum;
    for (const auto& [sig, outcomes] : reference.outcomes.by_goal) {
        sum.add(outcomes);
        for (std::size_t i = 0; i < outcomes.attempts.size(); ++i) { DEMAND(outcomes.successes[i] >= 0 && outcomes.successes[i] <= outcomes.attempts[i]); }
    }
    DEMAND(sum == reference.outcomes.whole);
    const auto id = lake::reference_id(reference);
    const auto text = lake::reference_text(reference);
    DEMAND(id.ok() && id.value().size() == 16 && text.ok());
    const auto again = lake::parse_reference(text.value(), "again");
    DEMAND(again.ok() && again.value().outcomes == reference.outcomes && again.value().members == reference.members);
    const auto id_again = lake::reference_id(again.value());
    const auto text_again = lake::reference_text(again.value());
    DEMAND(id_again.ok() && id_again.value() == id.value() && text_again.ok() && text_again.value() == text.value());
}

}  // namespace

RUNLAKE_FUZZ {
    if (const auto reference = lake::parse_reference(text, "reference"); reference.ok()) {
        look_at(reference.value());
    } else {
        DEMAND(is_refusal(reference.error()));
    }
    if (const auto scores = lake::parse_scores(text, "scores"); scores.ok()) {
        const auto written = lake::scores_text(scores.value());
        const auto again = lake::parse_scores(written, "again");
        DEMAND(again.ok() && lake::scores_text(again.value()) == written && again.value().scores.size() == scores.value().scores.size());
    } else {
        DEMAND(is_refusal(scores.error()));
    }
}
