// SPDX-License-Identifier: Apache-2.0
// What `replay attribute` finds, put into the verdict that asked for it: verdicts are never changed, so it gets a successor with the answer.
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"
#include "record/store.hpp"
#include "replay/spec.hpp"

namespace runlake::ops {

struct Attributed {
    const replay::Cell& cell;
    std::string spec_digest;                       // "" without a spec
    std::optional<std::string> run_dir;            // written there as well
    std::string knob;
    std::optional<std::string> first_difference;
};

struct AmendedVerdict {
    std::string id;
    std::string amends;                            // id of the one before
    std::string path;                              // relative to the project where it lies inside
};

// The last verdict of the cell, when it is NON_DETERMINISTIC or CANONICAL_DIVERGENCE and was given of the same spec and configuration. Nothing: there is none.
core::Result<std::optional<AmendedVerdict>> amend_verdict(const record::Store& store, const Attributed& found);

}  // namespace runlake::ops
