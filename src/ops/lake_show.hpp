// SPDX-License-Identifier: Apache-2.0
// `lake show`: what the lake knows of one run: where it is, its files, its rows, what could not be read, and why a dashboard would not take it.
#pragma once

#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/run_facts.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct LakeShowRequest {
    record::Store store;
    std::string run;    // a run key of either formula, run_uid, run id, name, the beginning of one of the first four, a path in the run's folder, or a folder above it
};

using LakeShowResponse = lake::RunFacts;
// As lake::facts_of_run(). Errc::usage: the word is empty.
core::Result<LakeShowResponse> lake_show(const LakeShowRequest& request);
core::Json to_json(const LakeShowResponse& response);

}  // namespace runlake::ops
