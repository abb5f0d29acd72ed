// SPDX-License-Identifier: Apache-2.0
// `replay show`: verdicts that were given, and one of them in words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"
#include "replay/explain.hpp"
#include "replay/verdict.hpp"

namespace runlake::ops {

struct ReplayShowRequest {
    record::Store store;
    // A verdict's id or its beginning, a path of a verdict's file, a cell, or the run that was canonical; nothing: the latest verdict of each cell.
    std::optional<std::string> what;
};

struct ReplayShowResponse {
    std::vector<replay::VerdictFile> latest;       // without `what`: by cell and metric
    std::optional<replay::VerdictFile> verdict;    // with it: the latest that fits
    replay::Explanation explanation;
    std::vector<std::string> problems;             // files that can't be read
};

// Errc::not_found: none fits; conflict: the beginning of an id fits several; corrupt, unsupported: the file that was named.
core::Result<ReplayShowResponse> replay_show(const ReplayShowRequest& request);
core::Json to_json(const ReplayShowResponse& response);

}  // namespace runlake::ops
