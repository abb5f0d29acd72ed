// SPDX-License-Identifier: Apache-2.0
// The projection of a job to an entry of schema 1: what the allowlist names, and nothing else.
#pragma once

#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "ledger/entry.hpp"

namespace runlake::ledger {

// A job as it stands in the run store, seen through its two files.
struct JobFacts {
    const JobId& id;
    const core::Json& state_point;
    const core::Json& document;
};

// Errc::conflict: its status is not terminal. Errc::usage: a number in the state point is not finite. A member of the document that has another form than the entry's is left out,
// as are absolute paths and secrets in it; the state point is taken as it is (see concerns_in()).
core::Result<core::Json> project_job(const JobFacts& job, std::string_view machine, core::Timestamp promoted_at);

// Values that may leave the machine: those of an object whose members hold neither an absolute path nor a secret.
core::Json harmless_members(const core::Json& object);

}  // namespace runlake::ledger
