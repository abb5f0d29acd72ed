// SPDX-License-Identifier: Apache-2.0
// `rundir pin`: a run directory that gc never removes, and why.
#pragma once

#include <optional>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::ops {

struct RundirPinRequest {
    std::string path;                          // or an address
    std::string reason;
    bool remove = false;
    std::optional<std::string> store;          // --store: where this machine works on one in an object store
};
struct RundirPinResponse {
    std::string path;                          // absolute, or the address
    std::optional<std::string> before;         // the reason it was pinned for
    std::optional<std::string> now;
};
core::Result<RundirPinResponse> rundir_pin(const RundirPinRequest& request);
core::Json to_json(const RundirPinResponse& response);

}  // namespace runlake::ops
