// SPDX-License-Identifier: Apache-2.0
// A plan in words, and listings of code beside it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "pipeline/code_identity.hpp"
#include "pipeline/plan.hpp"

namespace runlake::pipeline {

std::string describe_changes(const std::vector<rundir::ComponentChange>& changes);          // the first three, and how many more
std::string describe_differences(const std::vector<rundir::Difference>& differences);

// What differs between a recorded key and one of now. A listing of code files that is kept in the run directory is taken apart, so that the files are named.
std::vector<rundir::ComponentChange> compare_keys(const std::optional<rundir::RunDir>& run_dir, const rundir::DoneRecord& before, const rundir::StageKey& now, const CodeIdentity& code);
// Keeps the listings behind the key in the run directory: .stages/.code/<hex>.
core::Status keep_listings(const rundir::RunDir& run_dir, const CodeIdentity& code);

}  // namespace runlake::pipeline
