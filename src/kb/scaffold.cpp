// SPDX-License-Identifier: Apache-2.0
#include "kb/scaffold.hpp"

#include <array>

namespace runlake::kb {
namespace {

constexpr std::string_view k_hypothesis = R"(---
id: "{ARTIFACT_ID}"
aliases: ["{ARTIFACT_ID}"]
type: hypothesis
status: PROPOSED
thread: "{THREAD_ID}"
created: "{DATE}"
last_updated: "{DATE}"
tags: []
---

# {ARTIFACT_ID} {DASH} {TITLE}

> **Status**: PROPOSED
> **Created**: {DATE}

## Statement

<!-- One sentence that could turn out to be false. -->

## Mechanism

<!-- Why it should be so. -->

## Why This Might Generalize

<!-- What beyond the data at hand it would hold for, and why. -->

## Shortcut Risks

<!-- How the result could appear although the statement is false. -->

## Test Plan

<!-- Which experiment would tell it from its negation, decided before looking. -->

## Evidence

<!-- Findings for and against, as they come in. -->

## Conclusion

<!-- CONFIRMED or REJECTED, by which findings. -->

## Links

{LINKS_BLOCK}
)";

constexpr std::string_view k_experiment = R"(---
id: "{ARTIFACT_ID}"
aliases: ["{ARTIFACT_ID}"]
type: experiment
status: DESIGNED
hypothesis: "{HYPOTHESIS_ID}"
sub_hypotheses: []
created: "{DATE}"
last_updated: "{DATE}"
completed: ""
tags: []
runner_command: ""
conditions: {}
---

# {ARTIFACT_ID} {DASH} {TITLE}

> **Status**: DESIGNED
> **Hypothesis**: [[{HYPOTHESIS_ID}]]
> **Created**: {DATE}

## Objective

<!-- What is measured, and what it decides. -->

## Setup

<!-- Data, environment, compute. -->

## Procedure

<!-- The steps, so that somebody else can take them. `conditions` above names parameter sets, `runner_command` what runs one. -->

## Caveats

<!-- What this experiment cannot tell. -->

## Intent

<!-- Confirm if: ...  Reject if: ...  Written before the first run. -->

## Progress

<!-- What was done when. -->

## Results

<!-- Numbers, each with the run it comes from. -->

## Outcome Summary

<!-- One paragraph. -->

## Decision

<!-- What is done next because of it. -->

## Links

{LINKS_BLOCK}
)";

constexpr std::string_view k_finding = R"(---
id: "{ARTIFACT_ID}"
aliases: ["{ARTIFACT_ID}"]
type: finding
hypothesis: "{HYPOTHESIS_ID}"
experiment: "{EXPERIMENT_ID}"
impact: "{IMPACT}"
created: "{DATE}"
last_updated: "{DATE}"
tags: []
# The runs that show it, each as one of
#   - {type: job, id: "<32 hex digits>", value: {metric: "0.30"}}
#   - {type: batch, experiment_id: "{EXPERIMENT_ID}", selector: {condition: "name"}}
#   - {type: run, id: "<run id or the beginning of one>"}
supporting_runs: []
---

# {ARTIFACT_ID} {DASH} {TITLE}

> **Created**: {DATE}
> **Hypothesis**: [[{HYPOTHESIS_ID}]]
> **Experiment**: [[{EXPERIMENT_ID}]]
> **Impact**: {IMPACT}

## Finding

<!-- One claim, with its number. -->

## Evidence

<!-- Which runs show it, and how they were compared. -->

## Caveats

<!-- Where it may not hold. -->

## What Improved For Real

<!-- What is better now apart from the number. -->

## Remaining Debt

<!-- What was left undone on the way. -->

## Next Move

<!-- What follows. -->

## Links

{LINKS_BLOCK}
)";

constexpr std::string_view k_thread = R"(---
id: "{ARTIFACT_ID}"
aliases: ["{ARTIFACT_ID}"]
type: thread
status: PROPOSED
created: "{DATE}"
last_updated: "{DATE}"
tags: []
---

# {ARTIFACT_ID} {DASH} {TITLE}

> **Status**: PROPOSED
> **Created**: {DATE}

## Statement

<!-- The question that this thread follows. -->

## Sub-questions

<!-- Smaller ones that would answer it. -->

## Promotion criteria

<!-- What has to be known before it becomes a hypothesis. -->

## Open links

<!-- What to read or ask. -->

## Notes

<!-- Dated thoughts. -->

## Conclusion

<!-- How it ended. -->

## Links

{LINKS_BLOCK}
)";

constexpr std::string_view k_active = R"(---
id: "ACTIVE"
aliases: ["ACTIVE"]
type: active
---

# ACTIVE

## Current Objective

<!-- What is being worked on now, in one sentence. -->

## Next Step

<!-- The next thing to do. -->

## Blocker

<!-- What stands in the way, or "none". -->

## Links

- [[CHALLENGE]]
)";

constexpr std::string_view k_challenge = R"(---
id: "CHALLENGE"
aliases: ["CHALLENGE"]
type: challenge
---

# CHALLENGE

## Objective

<!-- What this project is to reach. -->

## Context

<!-- What one has to know to judge whether it was. -->

## Success Criteria

<!-- How it will be told, with numbers. -->

## Constraints

<!-- What must not be done or spent. -->

## Links

- [[ACTIVE]]
- [[DASHBOARD]]
)";

constexpr std::string_view k_dashboard = R"(---
id: "DASHBOARD"
aliases: ["DASHBOARD"]
type: dashboard
---

# DASHBOARD

## Entry Points

- What is done now: [[ACTIVE]]
- What it is for: [[CHALLENGE]]
- Questions: `kb/research/threads`; statements: `kb/research/hypotheses`; tests: `kb/research/experiments`; answers: `kb/research/findings`

## Links

- [[ACTIVE]]
- [[CHALLENGE]]
)";

constexpr std::array k_files = {
    ScaffoldFile{"kb/ACTIVE.md", k_active},
    ScaffoldFile{"kb/DASHBOARD.md", k_dashboard},
    ScaffoldFile{"kb/lessons/.gitkeep", ""},
    ScaffoldFile{"kb/mission/CHALLENGE.md", k_challenge},
    ScaffoldFile{"kb/reports/.gitkeep", ""},
    ScaffoldFile{"kb/research/experiments/.gitkeep", ""},
    ScaffoldFile{"kb/research/findings/.gitkeep", ""},
    ScaffoldFile{"kb/research/hypotheses/.gitkeep", ""},
    ScaffoldFile{"kb/research/literature/.gitkeep", ""},
    ScaffoldFile{"kb/research/threads/.gitkeep", ""},
};

}  // namespace

std::span<const ScaffoldFile> scaffold_files() { return k_files; }

std::string_view template_of(NoteKind kind) {
    switch (kind) {
        case NoteKind::hypothesis: return k_hypothesis;
        case NoteKind::experiment: return k_experiment;
        case NoteKind::finding: return k_finding;
        case NoteKind::thread: return k_thread;
        case NoteKind::literature:
        case NoteKind::challenge_review:
        case NoteKind::strategic_review:
        case NoteKind::active:
        case NoteKind::challenge:
        case NoteKind::dashboard:
        case NoteKind::lesson: break;
    }
    return "";
}

}  // namespace runlake::kb
