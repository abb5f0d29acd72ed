// SPDX-License-Identifier: Apache-2.0
// A run directory: how it is named, made and opened again, and where everything inside it stands. Format: docs/formats/run-directory.md.
//
//   <base>/<UTC YYYYMMDD_HHMMSS>_<experiment_key>[-<seq>]/
//     run.json                        schema, id, creator, digest of the configuration; written once, exclusively
//     config_resolved.yaml            written once, read-only, never overwritten
//     attempts/<k>/config_train.yaml  what a resumed attempt ran with; k counts from 1
//     .stages/<stage>/<instance>/<key>/   one published result: out/ (the tree of the layout), manifest.json, DONE.json
//     .stages/<stage>/<instance>/current  the key whose result the view shows
//     .stages/.tmp/<stage>@<instance>.<random>/   staging: out/, tmp/, manifest.json
//     .stages/.leases/<stage>@<instance>.lease, attempt-<random>.lease
//     pinned                          the reason why it is never collected; see retention.hpp
//     everything else                 the view: links into .stages, rebuilt from DONE records
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "os/lease.hpp"
#include "os/system.hpp"

namespace runlake::rundir {

// One stage at one point of its matrix. `instance` is "fold=2020", "init_date=2024-05-01,season_year=2024" (by name; values
// percent-encoded outside [A-Za-z0-9._-]) or "-" for a stage without a matrix. Both are safe names of folders.
struct StageInstance {
    std::string stage;
    std::string instance = "-";
    std::string str() const { return instance == "-" ? stage : stage + "[" + instance + "]"; }  // for people
    auto operator<=>(const StageInstance&) const = default;
};
std::string instance_name(std::vector<std::pair<std::string, std::string>> dimensions);
// The dimensions that an instance name encodes; Errc::corrupt when it is none.
core::Result<std::vector<std::pair<std::string, std::string>>> parse_instance(std::string_view name);
// Whether both names can be folders: a stage is [a-z0-9_-]+ of at most 64 characters, an instance "-" or what instance_name() makes, of at most 200. Errc::usage.
core::Status check_instance(const StageInstance& which);

// What run.json says. Roots are kept by name; where they stood is a note for people, never used to find anything.
struct RunDirInfo {
    core::RunId run_id;                            // the pipeline's own run; parent of its stages' runs
    std::string experiment_key;
    core::Timestamp created_at;
    std::string host;
    os::ProcessId creator;
    core::Digest config_digest;                    // of config_resolved.yaml
    std::string pipeline_file;                     // relative to the project root where it lies inside, else its base name
    std::vector<std::pair<std::string, std::string>> roots;
};

core::Result<RunDirInfo> parse_run_json(std::string_view text, std::string_view what);  // corrupt, unsupported

struct CreateOptions {
    core::RunId run_id;
    std::string experiment_key;                    // [a-z0-9_]+, at most 100 characters: Errc::usage
    std::string config_text;                       // config_resolved.yaml
    std::string pipeline_file;
    std::vector<std::pair<std::string, std::string>> roots;
};

// An open run directory: a value, cheap to copy; holds no descriptor and no lock.
class RunDir {
  public:
    // Makes `base` (with its .gitignore when it is made now) and in it a new folder, exclusively: of N starts in one second each gets its own (-2, -3, ...).
    static core::Result<RunDir> create(const std::string& base, const CreateOptions& options, const core::Clock& clock);
    // From its path alone. not_found: no such folder or no run.json in it; corrupt: run.json malformed or config_resolved.yaml not as its digest
    // says; unsupported: a newer schema.
    static core::Result<RunDir> open(const std::string& path);

    const std::string& path() const { return path_; }            // absolute
    const RunDirInfo& info() const { return info_; }
    core::Result<std::string> config() const;                    // text of config_resolved.yaml, verified
    core::Result<int> add_attempt(std::string_view config_text) const;  // attempts/<k>/config_train.yaml; the k

    std::string stages() const { return path_ + "/.stages"; }
    std::string instance_dir(const StageInstance& which) const;
    std::string published(const StageInstance& which, const core::Digest& key) const;   // .../<key>
    std::string lease(const StageInstance& which) const;          // path; held by who makes or changes results of that instance
    std::string leases() const { return stages() + "/.leases"; }
    std::string staging() const { return stages() + "/.tmp"; }
    // Takes lease(which): busy when another process has it. Makes the folder of leases when a copy has lost it.
    core::Result<std::unique_ptr<os::Lease>> take_lease(const StageInstance& which, std::string_view purpose) const;
    // Says that somebody works in this directory, as long as it is held (several may, each with a file of its own): gc never removes it then.
    core::Result<std::unique_ptr<os::Lease>> enter(std::string_view purpose) const;
    std::string staging_name(const StageInstance& which) const;   // of a new folder in .stages/.tmp: "<stage>@<instance>.<16 hex>"
    core::Result<std::vector<int>> attempts() const;              // the k of attempts/<k>, ascending

  private:
    RunDir(std::string path, RunDirInfo info) : path_(std::move(path)), info_(std::move(info)) {}
    std::string path_;
    RunDirInfo info_;
};

// The paths of the run directories in a folder, by name (so by time); what has no run.json is left out. not_found when there is no such folder.
core::Result<std::vector<std::string>> list_run_dirs(const std::string& base);

// A path in the layout: relative, valid UTF-8, no part "", "." or "..", no control characters; no first part ".stages", "attempts", "run.json", "config_resolved.yaml" or
// "pinned". Errc::usage. A final '/' (a folder) is not part of it.
core::Status check_layout_path(std::string_view path);

}  // namespace runlake::rundir
