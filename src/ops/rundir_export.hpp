// SPDX-License-Identifier: Apache-2.0
// `rundir export`: copies files of a run directory to a folder that an environment variable names; each copy is checked against the manifest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::ops {

struct RundirExportRequest {
    std::string path;
    std::vector<std::string> globs;            // only these paths; empty: all
    std::string variable;                      // the target's name
    bool replace = false;                      // files that are there with other content
};
struct ExportedFile {
    std::string path;                          // in the run directory and below the target
    std::uint64_t bytes = 0;
    std::string digest;                        // "file/1:<hex>"
    bool was_there = false;                    // with the same content: not copied
};
struct RundirExportResponse {
    std::string run_dir;                       // absolute, or the address
    std::string target;                        // absolute
    std::vector<ExportedFile> files;           // by path
    std::uint64_t copied_bytes = 0;
};
// usage: the variable is not set or empty; unsupported: its value is a URI; not_found: no such file; conflict: files with other content are there; corrupt: a file is not as its
// manifest says. Nothing is changed then.
core::Result<RundirExportResponse> rundir_export(const RundirExportRequest& request);
core::Json to_json(const RundirExportResponse& response);

}  // namespace runlake::ops
