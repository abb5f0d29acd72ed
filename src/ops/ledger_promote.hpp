// SPDX-License-Identifier: Apache-2.0
// `ledger promote`, and what every terminal transition of a job calls: the allowlisted projection of a job or run, written where git carries it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "ledger/extra.hpp"
#include "ledger/run_entry.hpp"
#include "os/files.hpp"
#include "record/store.hpp"

namespace runlake::jobs {
struct Job;
}
namespace runlake::runs {
struct RunParts;
}

namespace runlake::ops {

struct PromoteOptions {
    std::optional<std::string> machine_label;     // default: record::machine_label()
    bool is_own_label = false;                    // machine_label, when given, is what this machine is called anyway
    bool allow_paths = false;                     // promote a state point with a path or secret in it
    const core::Clock* clock = nullptr;           // default: the system's
    os::Durability durability = os::Durability::power;
};

struct Promoted {
    std::string id;
    std::string path;                             // of the entry
    std::string extra_path;
    bool written = false;                         // false: both files said the same already (but for promoted_at), and stay as they are
    bool kept_other = false;                      // another machine's entry of the same job stands before this one, and stays
};

// Writes ledger/<id>.json and ledger-extra/<id>.json of a job in a terminal state, whose terminal fields are on disk. Opens no database, waits for nobody.
// Errc::conflict: the job is not terminal. Errc::usage: its state point holds a path or secret, and that was not allowed. Errc::io: the disk refused.
// Callers at a transition say a failure once on stderr and go on: `ledger backfill` makes it good.
// What goes into the extra comes from the document: "runlake" { run_id, exit_status, signal } and, by run_id, from the journal (metrics, environment, code, artefacts);
// "summary_metrics" (name: number) where the journal has no metric of that name.
core::Result<Promoted> promote_job(const record::Store& store, const jobs::Job& job, const PromoteOptions& options = {});

// The same with the runs known beforehand, for many jobs at once.
core::Result<Promoted> promote_job_of(const record::Store& store, const jobs::Job& job, const PromoteOptions& options, const std::map<core::RunId, runs::RunParts>* runs);

// Promotes a recorded run: the one that `id` (whole or its beginning) means, out of the journal. `since`: it began no earlier, which spares reading older segments.
// Errc::not_found, conflict (ambiguous; still running; cached, or a replay of another run, which are never promoted).
struct PromoteRun {
    std::string id;
    ledger::RunRule rule = ledger::RunRule::asked;
    std::optional<core::Timestamp> since;
    std::vector<ledger::StageOfRun> stages;
    std::vector<ledger::ArtifactFact> artifacts;
    std::optional<std::string> last_verdict;      // of a replay; without one, that of an earlier promotion stays
};
core::Result<Promoted> promote_run(const record::Store& store, const PromoteRun& request, const PromoteOptions& options = {});

struct LedgerPromoteRequest {
    record::Store store;
    std::optional<std::string> job;               // an id or prefix
    std::optional<std::string> run;               // --run
    PromoteOptions options;
};
core::Result<Promoted> ledger_promote(const LedgerPromoteRequest& request);
core::Json to_json(const Promoted& promoted);

}  // namespace runlake::ops
