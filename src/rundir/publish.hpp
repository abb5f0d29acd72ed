// SPDX-License-Identifier: Apache-2.0
// Publication of a stage's result: whole or not at all. Staging folder, sync, manifest, rename without replacement, read-only, DONE last. Only DONE is trusted.
//
// On disk after a kill between any two steps: a staging folder (removed by the next publication or gc), or a <key> folder without DONE.json (moved aside by the next
// publication of that key), or a whole result. Callers hold the lease of the instance (RunDir::lease) from before the stage starts until after publication.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "rundir/layout.hpp"
#include "rundir/manifest.hpp"
#include "rundir/stage_key.hpp"

namespace runlake::rundir {

// Something a stage read from outside of the run directory, or wrote into the project tree (by manifest, never linked).
struct OutsideFile {
    std::string name;            // logical: "workspace:data/x.csv", "{INPUT_DATA_DIR}/yields.csv"
    std::string digest;          // "<recipe>:<hex>"
    std::uint64_t bytes = 0;
    bool operator==(const OutsideFile&) const = default;
};

// DONE.json, schema runlake.done/1.
struct DoneRecord {
    StageInstance which;
    StageKey key;
    core::Digest manifest{std::array<std::uint8_t, 32>{}};  // Manifest::digest(); with files and bytes filled by publish()
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    core::RunId run_id;                          // the run that made it (of the original when it was reused)
    core::RunId published_by;                    // the run that published it here; equal to run_id unless it was reused
    std::optional<std::string> cached_from;      // the run directory's name it was reused from
    core::Timestamp started_at, finished_at;
    std::string isolation;                       // "landlock", "landlock-strict", "checked" (looked for undeclared writes afterwards)
    bool inputs_changed = false;                 // inputs_changed_during_run: recorded, never reused
    std::vector<OutsideFile> inputs;             // with the digest before the stage ran
    std::vector<OutsideFile> workspace;          // declared outputs in the project tree: "file/1:" or "dir/1:" digests
    std::vector<std::string> writes;             // declared outputs, templates resolved
    std::optional<std::string> blessed_from;     // hex of the key whose result was accepted for this one
    std::optional<std::string> blessed_because;
};
std::string to_json(const DoneRecord& done);
core::Result<DoneRecord> parse_done(std::string_view text, std::string_view what);  // corrupt, unsupported

// The folder that a stage writes into. Removed by the destructor unless published.
class Staging {
  public:
    // The caller holds the lease of the instance: whatever an earlier holder left in staging for it is removed first.
    static core::Result<std::unique_ptr<Staging>> begin(const RunDir& run_dir, const StageInstance& which);
    virtual ~Staging() = default;
    virtual const StageInstance& which() const = 0;
    virtual const std::string& folder() const = 0;     // absolute; holds the two below; becomes the <key> folder
    virtual const std::string& out() const = 0;        // absolute; {out}; exists, empty
    virtual const std::string& tmp() const = 0;        // absolute; a private TMPDIR beside it; exists, empty
};

struct PublishOptions {
    std::optional<std::string> digest_cache;         // fingerprint::digests_dir(store)
    std::optional<core::Digest> expected_manifest;   // for what was brought from elsewhere: Errc::corrupt when the files are others
    bool replace = false;                            // a result of that key goes (its outputs were changed, or its code is not known)
};
// Whether the files are what was declared: every file at or below one of `writes` ("models/x/" is a folder with at least one file), every one of `writes` there. Errc::usage
// names all that is not declared, and all that is missing. publish() asks it.
core::Status check_writes(const Manifest& manifest, const std::vector<std::string>& writes);

// Publishes what is in staging.out(). `done` is filled but for manifest, files and bytes; done.which is staging.which(). Declared writes in the project tree
// ("workspace:...") are not looked for. Errc::conflict: a result of that key is there already (compare manifests; it stays, and so does the staging folder).
// After success staging.out() is gone, the result is `current`, and the view shows it.
core::Result<DoneRecord> publish(const RunDir& run_dir, Staging& staging, DoneRecord done, const PublishOptions& options = {});
// Removes a published result (under the lease of its instance): from the view, then moved out of sight, then deleted. Fine when there is none.
core::Status discard(const RunDir& run_dir, const StageInstance& which, const core::Digest& key);

// The result of a key; nothing when there is no DONE.json.
core::Result<std::optional<DoneRecord>> read_done(const RunDir& run_dir, const StageInstance& which, const core::Digest& key);
core::Result<Manifest> read_manifest(const RunDir& run_dir, const DoneRecord& done);   // verified against done.manifest
core::Result<std::vector<DoneRecord>> list_done(const RunDir& run_dir);                // of all instances, by instance then finished_at

// Which result of an instance the view shows: the key in `current`, or without that file the one that finished last.
core::Result<std::optional<DoneRecord>> current_result(const RunDir& run_dir, const StageInstance& which);
core::Result<std::vector<DoneRecord>> current_results(const RunDir& run_dir);           // of each instance that has one, by instance
// Under the lease of the instance.
core::Status set_current(const RunDir& run_dir, const StageInstance& which, const core::Digest& key);
// Makes the canonical tree of links (copies where links fail) from the current results of all instances; what no result explains is left alone, but links into .stages that
// nothing explains any more are removed. Safe to repeat and to be killed in.
// Errc::conflict names a file in its way that Runlake did not put there. Several processes may call it at once.
core::Status rebuild_view(const RunDir& run_dir);

// Marks that equal keys gave other bytes: never reused by another run directory. `differences` are paths.
core::Status mark_nondeterministic(const RunDir& run_dir, const DoneRecord& done, const std::vector<Difference>& differences, const core::RunId& second_run);
core::Result<bool> is_nondeterministic(const RunDir& run_dir, const StageInstance& which);

// Reuse across run directories of one store: <store>/cache/stages/<key> names a result. Derived; a pointer to something gone is no pointer.
core::Status remember(const std::string& store_dir, const RunDir& run_dir, const DoneRecord& done);
struct Elsewhere { std::string run_dir; DoneRecord done; };
core::Result<std::optional<Elsewhere>> find_elsewhere(const std::string& store_dir, const core::Digest& key);
// Brings that result's files into staging.out(): reflink, hard link or copy, whichever the file system can. Publish with expected_manifest = from.done.manifest.
core::Status bring(const Elsewhere& from, Staging& staging);

}  // namespace runlake::rundir
