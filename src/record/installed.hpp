// SPDX-License-Identifier: Apache-2.0
// What an installation into a repository left on this machine: .runlake/installed.json (ours) and .aexp/installed.json (aexp's). Formats: docs/formats/installed.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::record {

// .runlake/installed.json, schema runlake.installed/1.
struct Installed {
    std::string version;                                  // of the program that wrote it
    std::string installed_at;                             // ISO, UTC
    std::string run_store_path;                           // relative to the project root, or absolute
    std::string scaffold_sha;                             // 64 hex: digest of what was installed
    std::map<std::string, std::string> labels;            // machine id -> what people call it
};

core::Result<Installed> parse_installed(std::string_view text);   // corrupt, unsupported
std::string installed_text(const Installed& installed);           // sorted keys, indented, a newline at the end

std::string installed_file(const Store& store);                   // <store>/installed.json
// Nothing when there is none. Errc::corrupt, unsupported, io: it is there and can't be read.
core::Result<std::optional<Installed>> read_installed(const Store& store);

// Whether aexp set the repository up: <root>/.aexp has an installed.json, or a ledger (another machine's, out of git).
bool is_aexp_repository(const Store& store);

// The run store's folder, absolute (it need not exist): `run_store_path` of .runlake/installed.json, else of .aexp/installed.json, else ".runs", below the project root.
// Markers that can't be read count as missing. "" when the store has no root.
std::string run_store_path(const Store& store);

// What people call this machine: its label in .runlake/installed.json, else `machine_label` of .aexp/installed.json, else the host name up to its first dot, else "unknown".
std::string machine_label(const Store& store);

// What a label may be: 1 to 64 of [A-Za-z0-9._-], beginning with a letter or digit, since files are named by it. Errc::usage.
core::Status check_label(std::string_view label);

}  // namespace runlake::record
