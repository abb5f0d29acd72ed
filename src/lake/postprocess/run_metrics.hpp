// SPDX-License-Identifier: Apache-2.0
// The owned metrics of one run: what of them is kept, what is computed, and its two kinds of files written again.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/postprocess/postprocess.hpp"

namespace runlake::lake {

struct RunWork {
    std::string dir;  // of the run
    std::vector<std::string> metrics;
    bool keeps = true;       // what is there and no placeholder
    bool recompute = false;  // also a similarity that was computed from the same
    unsigned threads = 1;
    PostprocessParams params;
};
struct RunMetrics {
    std::string goal_sig_scheme;
    std::string provider;
    std::uint64_t updated_interventions = 0;
    std::uint64_t skipped_interventions = 0;
    std::map<std::string, MetricCount> metrics;
    std::vector<std::string> errors;
    std::string unwritten;  // why a comparison could not be written: the run has to be worked on again
};
// Writes the comparisons first and the summary last. Errc::not_found: no summary.json.gz. Errc::corrupt: it can't be read.
core::Result<RunMetrics> write_run_metrics(const RunWork& work);

// Digests of what the metrics are computed from, and of what they are written to.
struct RunDigests {
    std::string inputs;
    std::string outputs;
    core::Json summary_sha256;     // null where there is none
    core::Json goal_cache_sha256;
};
core::Result<RunDigests> run_digests(const std::string& run_dir);

// Whether a theorem or an intervention may be called so: any other name would lead to another folder.
bool is_folder_name(std::string_view name);

// A file of a folder in its packed form, else in its plain one. Errc::not_found: neither is there.
core::Result<core::Json> read_either(const std::string& dir, const std::string& plain_name);

}  // namespace runlake::lake
