// SPDX-License-Identifier: Apache-2.0
// What the operations on run directories have in common.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "rundir/manifest.hpp"
#include "rundir/publish.hpp"
#include "rundir/state.hpp"

namespace runlake::ops {

// A file that a run directory shows, and the result it is of.
struct ShownFile {
    rundir::ManifestEntry entry;
    rundir::StageInstance which;
    core::Digest key;
};
// Every file of the current results, by path. Errc::corrupt when a manifest can't be read: what is missing from it would go unseen.
core::Result<std::map<std::string, ShownFile>> shown_files(const rundir::RunDir& run_dir);

core::Json to_json(const rundir::InstanceStatus& status);
core::Json to_json(const rundir::Difference& difference);
std::string_view difference_name(rundir::DifferenceKind kind);  // "missing", "added", "changed"

}  // namespace runlake::ops
