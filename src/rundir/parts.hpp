// SPDX-License-Identifier: Apache-2.0
// Inside rundir only: what its files share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "os/files.hpp"
#include "rundir/layout.hpp"
#include "rundir/manifest.hpp"
#include "rundir/publish.hpp"

namespace runlake::rundir {

inline constexpr std::uint64_t k_max_record_bytes = std::uint64_t{1} << 30U;

// A relative path of parts that are names, without control characters, valid UTF-8.
bool is_tree_path(std::string_view path);

// Member "version" against the newest that is known: corrupt without one, unsupported for a newer one.
core::Status check_version(const core::Json& json, std::int64_t newest, std::string_view what);

// The names under which a stage instance stands in folders of all instances; shortened, with a digest, where it would be too long.
std::string flat_name(const StageInstance& which);

// Whether a file in .stages/.leases is one that RunDir::enter() takes.
bool is_attempt_lease(std::string_view name);

// Makes a folder and everything below it writable for its owner, as far as it can: links are not followed, files are left alone.
void make_folders_writable(const std::string& path, os::Point point);
// Takes the right to write from every folder of a tree, deepest first; as far as it can.
void make_folders_readonly(const std::string& path, os::Point point);
// Removes a tree that may be read-only.
core::Status remove_readonly_tree(const std::string& path, os::Point point);

os::ProcessId parse_process(const core::Json* json);   // empty where it says nothing
core::Json to_json(const os::ProcessId& process);

// Changes the view of one instance: what `before` (empty when there was nothing) shows alone goes, the files of `done` come.
core::Status show_in_view(const RunDir& run_dir, const Manifest& before, const DoneRecord& done, const Manifest& manifest);

// Takes the files of a result away from the view, where it shows them.
core::Status hide_from_view(const RunDir& run_dir, const DoneRecord& done, const Manifest& manifest);

// Stages and instances that have a folder, by name.
core::Result<std::vector<StageInstance>> list_instances(const RunDir& run_dir);
// The keys that have a folder in an instance.
core::Result<std::vector<core::Digest>> list_keys(const RunDir& run_dir, const StageInstance& which);

}  // namespace runlake::rundir
