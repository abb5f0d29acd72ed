// SPDX-License-Identifier: Apache-2.0
// `rundir diff`: two run directories compared by the manifests of their current results. No output is read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "rundir/manifest.hpp"

namespace runlake::ops {

struct RundirDiffRequest {
    std::string a;
    std::string b;
    std::vector<std::string> globs;            // only these paths; empty: all
};
struct RundirDiffResponse {
    std::string a, b;                          // absolute, or the addresses
    std::vector<rundir::Difference> differences;  // by path, seen from a
    std::vector<std::string> stages;           // of each difference: "fit[fold=2020]"
    std::uint64_t equal = 0;                   // files that are the same
};
core::Result<RundirDiffResponse> rundir_diff(const RundirDiffRequest& request);
core::Json to_json(const RundirDiffResponse& response);

}  // namespace runlake::ops
