// SPDX-License-Identifier: Apache-2.0
// The one table of commands: a command that is not in it does not exist.
#include <array>

#include "cli/command.hpp"

// X(name of the Command), one a line, in the order in which help shows them. A line is added once the command works whole, together with its page
// docs/cli/<noun>-<verb>.md.
#define RUNLAKE_COMMANDS(X) \
    X(k_run)            \
    X(k_log)            \
    X(k_runs_tail)      \
    X(k_runs_list)      \
    X(k_runs_show)      \
    X(k_runs_diff)      \
    X(k_runs_watch)     \
    X(k_runs_tag)       \
    X(k_runs_note)      \
    X(k_runs_export)    \
    X(k_runs_sql)       \
    X(k_runs_logs)      \
    X(k_runs_rerun)     \
    X(k_runs_recover)   \
    X(k_runs_fold)      \
    X(k_runs_rebuild)   \
    X(k_runs_prune)     \
    X(k_runs_vacuum)    \
    X(k_runs_backup)    \
    X(k_runs_restore)   \
    X(k_observe_serve)  \
    X(k_observe_push)   \
    X(k_pipeline_run)   \
    X(k_pipeline_status) \
    X(k_pipeline_explain) \
    X(k_pipeline_bless) \
    X(k_pipeline_check) \
    X(k_pipeline_graph) \
    X(k_pipeline_import) \
    X(k_rundir_show)    \
    X(k_rundir_verify)  \
    X(k_rundir_diff)    \
    X(k_rundir_pin)     \
    X(k_rundir_gc)      \
    X(k_rundir_export)  \
    X(k_install)        \
    X(k_ledger_promote) \
    X(k_ledger_backfill) \
    X(k_ledger_show)    \
    X(k_ledger_verify)  \
    X(k_ledger_pack)    \
    X(k_runs_export_index) \
    X(k_kb_new)         \
    X(k_kb_list)        \
    X(k_kb_show)        \
    X(k_kb_close)       \
    X(k_tracker_bind)   \
    X(k_tracker_sync)   \
    X(k_validate)       \
    X(k_job_new)        \
    X(k_job_list)       \
    X(k_job_show)       \
    X(k_job_run)        \
    X(k_job_mark)       \
    X(k_job_batches)    \
    X(k_queue_add)      \
    X(k_queue_list)     \
    X(k_queue_run)      \
    X(k_queue_stop)     \
    X(k_queue_remove)   \
    X(k_queue_clear)    \
    X(k_queue_materialize) \
    X(k_link)           \
    X(k_lake_paths)     \
    X(k_lake_reconcile) \
    X(k_lake_sql)       \
    X(k_lake_tables)    \
    X(k_lake_show)      \
    X(k_lake_doctor)    \
    X(k_postprocess)    \
    X(k_lake_export) \
    X(k_lake_job_presets) \
    X(k_lake_job_run) \
    X(k_lake_job_release_site_dashboard) \
    X(k_lake_release_verify) \
    X(k_lake_reference_build) \
    X(k_lake_reference_list) \
    X(k_lake_reference_score) \
    X(k_replay_attribute) \
    X(k_replay_run)     \
    X(k_replay_envelope) \
    X(k_replay_show)    \
    X(k_replay_schema)  \
    X(k_fingerprint)    \
    X(k_sync_now)       \
    X(k_sync_durability_status) \
    X(k_sync_durable_push) \
    X(k_doctor)         \
    X(k_config_list)    \
    X(k_completion)     \
    X(k_version)

namespace runlake::cli {

#define RUNLAKE_DECLARE_COMMAND(name) extern const Command name;
RUNLAKE_COMMANDS(RUNLAKE_DECLARE_COMMAND)
#undef RUNLAKE_DECLARE_COMMAND

namespace {
#define RUNLAKE_LIST_COMMAND(name) &name,
constexpr std::array k_commands = std::to_array<const Command*>({RUNLAKE_COMMANDS(RUNLAKE_LIST_COMMAND)});
#undef RUNLAKE_LIST_COMMAND
}  // namespace

std::span<const Command* const> all_commands() { return k_commands; }

}  // namespace runlake::cli
