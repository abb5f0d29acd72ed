// SPDX-License-Identifier: Apache-2.0
// `lake release verify`: whether a release is what its manifest says. Opens no lake.
#pragma once

#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/export/release.hpp"

namespace runlake::ops {

struct LakeReleaseVerifyRequest {
    std::string dir;  // a release's folder, or a site's: then the release that it shows
};
struct LakeReleaseVerifyResponse {
    std::string dir;
    lake::ReleaseCheck check;
};
core::Result<LakeReleaseVerifyResponse> lake_release_verify(const LakeReleaseVerifyRequest& request);
core::Json to_json(const LakeReleaseVerifyResponse& response);

}  // namespace runlake::ops
