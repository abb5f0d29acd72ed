// SPDX-License-Identifier: Apache-2.0
// `lake job presets`, `lake job run`, `lake job release-site-dashboard`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/job/presets.hpp"
#include "lake/job/release_job.hpp"
#include "lake/job/run.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct LakePreset {
    std::string name;
    std::string about;
    bool is_release = false;
    std::vector<std::string> datasets;
};
std::vector<LakePreset> lake_presets();
core::Json to_json(const std::vector<LakePreset>& presets);
// Its configuration as a file has it. Errc::usage: there is none of that name.
core::Result<std::string> lake_preset_config(const std::string& name);

struct LakeJobRunRequest {
    record::Store store;
    std::string config;                   // a file, or "preset:NAME"
    std::optional<std::string> logs_dir;
    core::Timestamp now;
};
struct LakeJobRunResponse {
    std::string name;
    lake::JobDone done;
    std::vector<std::string> notes;
};
core::Result<LakeJobRunResponse> lake_job_run(const LakeJobRunRequest& request);
core::Json to_json(const LakeJobRunResponse& response);

struct LakeReleaseRequest {
    record::Store store;
    std::string config;
    std::string logs_dir;
    std::optional<std::string> site_dir;  // default: site/dashboards/wonton-soup/data of the project
    bool promote = true;
    core::Timestamp now;
};
struct LakeReleaseResponse {
    std::string name;
    std::string site_dir;
    lake::ReleaseDone done;
};
core::Result<LakeReleaseResponse> lake_job_release(const LakeReleaseRequest& request);
core::Json to_json(const LakeReleaseResponse& response);

}  // namespace runlake::ops
