// SPDX-License-Identifier: Apache-2.0
// Building a reference out of runs that were selected for it, and for nothing else.
#pragma once

#include <cstdint>
#include <string>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "lake/export/session.hpp"
#include "lake/job/config.hpp"
#include "lake/reference/reference.hpp"

namespace runlake::lake {

struct BuildOrder {
    ReferenceBuild build;
    std::string references_dir;
    core::Timestamp now;
    std::string program;
};

struct BuiltReference {
    std::string ref_id;
    Reference reference;
    std::int64_t selected = 0;          // runs; several may have the content of one member
    std::int64_t without_outcomes = 0;  // members that have no goal cache that could be read
    bool was_there = false;             // the same reference stands there since before: nothing was changed
};

// Sums the outcomes that the lake has of the selected runs, each content once, and writes the artifact. Before show(). Errc::usage: the selection is empty, which is never taken for "all runs" or for the runs that are to be evaluated.
// Errc::not_found: it selects no run, or none that has outcomes.
core::Result<BuiltReference> build_reference(ExportSession& session, const BuildOrder& order);

}  // namespace runlake::lake
