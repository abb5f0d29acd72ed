// SPDX-License-Identifier: Apache-2.0
// Every point at which Runlake writes, syncs, renames, links, creates or removes. A new call that changes a disk adds a line here first.
// X(identifier, "name")
#pragma once

#include "os/fault.hpp"

#define RUNLAKE_FAULT_POINTS(X)                                  \
    X(store_create, "store.create")                              \
    X(store_ignore_write, "store.ignore.write")                  \
    X(journal_dir_create, "journal.dir.create")                  \
    X(journal_segment_create, "journal.segment.create")          \
    X(journal_segment_claim, "journal.segment.claim")            \
    X(journal_segment_release, "journal.segment.release")        \
    X(journal_segment_seal, "journal.segment.seal")              \
    X(journal_append, "journal.append")                          \
    X(journal_sync, "journal.sync")                              \
    X(journal_compact_write, "journal.compact.write")            \
    X(journal_compact_sync, "journal.compact.sync")              \
    X(journal_compact_publish, "journal.compact.publish")        \
    X(journal_compact_remove, "journal.compact.remove")          \
    X(loss_write, "loss.write")                                  \
    X(output_create, "output.create")                            \
    X(output_write, "output.write")                              \
    X(patch_write, "patch.write")                                \
    X(environment_write, "environment.write")                    \
    X(digest_cache_write, "digest_cache.write")                  \
    X(machine_id_write, "machine_id.write")                      \
    X(lease_create, "lease.create")                              \
    X(lease_renew, "lease.renew")                                \
    X(lease_remove, "lease.remove")                              \
    X(fold_cursor_write, "fold.cursor.write")                    \
    X(database_replace, "database.replace")                      \
    X(prune_remove, "prune.remove")                              \
    X(backup_write, "backup.write")                              \
    X(backup_publish, "backup.publish")                          \
    X(restore_write, "restore.write")                            \
    X(restore_publish, "restore.publish")                        \
    X(export_write, "export.write")                              \
    X(observe_cursor_write, "observe.cursor.write")              \
    X(observe_output_write, "observe.output.write")              \
    X(rundir_create, "rundir.create")                            \
    X(rundir_record_write, "rundir.record.write")                \
    X(rundir_config_write, "rundir.config.write")                \
    X(rundir_attempt_write, "rundir.attempt.write")              \
    X(rundir_pin_write, "rundir.pin.write")                      \
    X(rundir_trash_rename, "rundir.trash.rename")                \
    X(rundir_trash_remove, "rundir.trash.remove")                \
    X(stage_staging_create, "stage.staging.create")              \
    X(stage_staging_remove, "stage.staging.remove")              \
    X(stage_bring, "stage.bring")                                \
    X(stage_code_write, "stage.code.write")                      \
    X(stage_workspace_create, "stage.workspace.create")          \
    X(stage_workspace_remove, "stage.workspace.remove")          \
    X(stage_sync, "stage.sync")                                  \
    X(stage_manifest_write, "stage.manifest.write")              \
    X(stage_publish_rename, "stage.publish.rename")              \
    X(stage_readonly, "stage.readonly")                          \
    X(stage_done_write, "stage.done.write")                      \
    X(stage_current_write, "stage.current.write")                \
    X(stage_mark_write, "stage.mark.write")                      \
    X(stage_cache_write, "stage_cache.write")                    \
    X(view_create, "view.create")                                \
    X(view_link, "view.link")                                    \
    X(view_copy, "view.copy")                                    \
    X(view_remove, "view.remove")                                \
    X(deliver_write, "deliver.write")                            \
    X(run_store_create, "run_store.create")                      \
    X(run_store_write, "run_store.write")                        \
    X(job_create, "job.create")                                  \
    X(job_write, "job.write")                                    \
    X(job_publish, "job.publish")                                \
    X(job_document_write, "job.document.write")                  \
    X(queue_script_write, "queue.script.write")                  \
    X(queue_slurm_write, "queue.slurm.write")                    \
    X(remote_write, "remote.write")                              \
    X(ledger_entry_write, "ledger.entry.write")                  \
    X(ledger_extra_write, "ledger.extra.write")                  \
    X(ledger_fix_write, "ledger.fix.write")                      \
    X(ledger_pack_write, "ledger.pack.write")                    \
    X(ledger_pack_remove, "ledger.pack.remove")                  \
    X(ledger_cache_write, "ledger.cache.write")                  \
    X(runs_index_write, "runs_index.write")                      \
    X(install_write, "install.write")                            \
    X(merge_driver_write, "merge_driver.write")                  \
    X(kb_note_write, "kb.note.write")                            \
    X(kb_note_undo, "kb.note.undo")                              \
    X(kb_link_write, "kb.link.write")                            \
    X(kb_close_write, "kb.close.write")                          \
    X(tracker_log_write, "tracker.log.write")                    \
    X(lake_dir_create, "lake.dir.create")                        \
    X(lake_database_change, "lake.database.change")              \
    X(lake_database_replace, "lake.database.replace")            \
    X(lake_dataset_write, "lake.dataset.write")                  \
    X(lake_dataset_publish, "lake.dataset.publish")              \
    X(lake_job_write, "lake.job.write")                          \
    X(lake_reference_write, "lake.reference.write")              \
    X(release_write, "release.write")                            \
    X(release_publish, "release.publish")                        \
    X(release_promote, "release.promote")                        \
    X(postprocess_write, "postprocess.write")                    \
    X(sync_manifest_write, "sync.manifest.write")                \
    X(sync_copy, "sync.copy")                                    \
    X(sync_publish, "sync.publish")                              \
    X(replay_folder_create, "replay.folder.create")              \
    X(replay_worktree_create, "replay.worktree.create")          \
    X(replay_worktree_remove, "replay.worktree.remove")          \
    X(replay_output_write, "replay.output.write")                \
    X(replay_output_keep, "replay.output.keep")                  \
    X(verdict_write, "verdict.write")                            \
    X(envelope_write, "envelope.write")                          \
    X(remote_send, "remote.send")

namespace runlake::os::point {
#define RUNLAKE_DECLARE_POINT(identifier, text) inline constexpr Point identifier{text};
RUNLAKE_FAULT_POINTS(RUNLAKE_DECLARE_POINT)
#undef RUNLAKE_DECLARE_POINT
}  // namespace runlake::os::point
