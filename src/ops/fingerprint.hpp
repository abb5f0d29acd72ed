// SPDX-License-Identifier: Apache-2.0
// `fingerprint`: what a program would run on and with here, in groups with a digest each. Document: docs/formats/environment.md, "The fingerprint".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct FingerprintRequest {
    std::optional<record::Store> store;       // its cache spares the reading of what did not change
    std::string working_dir;                  // absolute: whose code is looked at, and where inputs begin
    std::vector<std::string> inputs;
    std::optional<std::string> interpreter;   // whose packages count; default: python3
};

struct FingerprintGroup {
    std::string name;                         // code data gpu image libraries machine packages settings system toolchain
    std::string digest;                       // 64 hex
    core::Json values;                        // each {"state": "value"|"absent"|"unknown", ...}
};

struct FingerprintResponse {
    std::string digest;                       // over all groups
    std::vector<FingerprintGroup> groups;     // by name
    std::vector<std::pair<std::string, std::string>> dimensions;   // what parity compares, by name
    std::string instance_type_from;           // "RUNLAKE_INSTANCE_TYPE", or "vendor, product, processor and their number"
    std::string image_from;                   // "RUNLAKE_IMAGE_DIGEST", or "toolchain, libraries and packages"
};

// Errors as fingerprint::input_fingerprint(); without inputs it never fails but for a defect.
core::Result<FingerprintResponse> fingerprint(const FingerprintRequest& request);
core::Json to_json(const FingerprintResponse& response);

}  // namespace runlake::ops
