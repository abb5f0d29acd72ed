// SPDX-License-Identifier: Apache-2.0
// `rundir pin`: a run directory that gc never removes, and why.
#pragma once

#include <optional>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::ops {

struct RundirPinRequest {
    std::string path;
    std::string reason;
    bool remove = false;
};
struct RundirPinResponse {
    std::string path;                          // absolute
    std::optional<std::string> before;         // the reason it was pinned for
    std::optional<std::string> now;
};
core::Result<RundirPinResponse> rundir_pin(const RundirPinRequest& request);
core::Json to_json(const RundirPinResponse& response);

}  // namespace runlake::ops
