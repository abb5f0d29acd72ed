// SPDX-License-Identifier: Apache-2.0
// `rundir show` and `rundir verify`: what a run directory is, and whether its results are as their records say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "rundir/layout.hpp"
#include "rundir/state.hpp"

namespace runlake::ops {

struct RundirShowRequest {
    std::string path;                          // or the address of one in an object store
    rundir::Check check = rundir::Check::records;
    std::optional<std::string> store_dir;      // its digest cache spares reading
};
struct RundirShowResponse {
    rundir::RunDir run_dir;                    // of an address: a copy that is gone by now
    std::string name;                          // its absolute path, or the address
    rundir::RunDirStatus status;
    std::vector<int> attempts;
    std::optional<std::string> pinned;         // the reason
    std::uint64_t files = 0;                   // of the current results
    std::uint64_t bytes = 0;
    bool verified() const { return status.state != rundir::State::corrupt; }
};
core::Result<RundirShowResponse> rundir_show(const RundirShowRequest& request);
core::Json to_json(const RundirShowResponse& response);

}  // namespace runlake::ops
