// SPDX-License-Identifier: Apache-2.0
// The value of --jobs, wherever work is spread.
#pragma once

#include <cstdint>
#include <optional>

#include "cli/command.hpp"
#include "core/text.hpp"

namespace runlake::cli {

// Nothing when it was not given. Errc::usage: not from 1 to 4096.
inline core::Result<std::optional<unsigned>> jobs_option(const Invocation& inv) {
    RL_ASSIGN(const std::optional<std::int64_t> jobs, inv.integer("--jobs"));
    if (!jobs) { return std::optional<unsigned>(); }
    if (*jobs < 1 || *jobs > 4096) { return core::Error(core::Errc::usage, core::cat("--jobs ", *jobs, ": from 1 to 4096")); }
    return std::optional(static_cast<unsigned>(*jobs));
}

}  // namespace runlake::cli
