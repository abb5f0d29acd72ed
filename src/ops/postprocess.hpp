// SPDX-License-Identifier: Apache-2.0
// `postprocess`: computes the metrics of finished proof-search runs and writes them where their readers look.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/postprocess/postprocess.hpp"
#include "os/stop_signal.hpp"

namespace runlake::ops {

struct PostprocessRequest {
    std::string logs_dir;
    std::vector<std::string> only;
    bool recompute = false;
    std::optional<unsigned> jobs;
    const os::StopSignal* stop = nullptr;
    std::function<void(const lake::PostprocessRequest::Progress&)> progress;
};
struct PostprocessResponse {
    std::string logs_dir;
    lake::PostprocessReport report;
    bool has_failures() const;  // a run that could not be worked on at all
};
core::Result<PostprocessResponse> postprocess(const PostprocessRequest& request);
core::Json to_json(const PostprocessResponse& response);

}  // namespace runlake::ops
