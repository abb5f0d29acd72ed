// SPDX-License-Identifier: Apache-2.0
// Pins and removal of run directories in object stores, by the rules of retention.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "rundir/remote.hpp"
#include "rundir/retention.hpp"

namespace runlake::rundir {

// Pins it, or with no reason takes the pin away: what the pin said before, if there was one. Errc::not_found: no run directory is there.
core::Result<std::optional<std::string>> pin_remote(const RemoteUri& uri, const std::optional<std::string>& reason);

// As plan_gc() and apply_gc(), of those right below an address. Looks at records alone. There is no trash: what says that a result is whole goes first, run.json last, so that one that is
// half removed has no result, and is found by the next gc.
core::Result<GcPlan> plan_remote_gc(const RemoteUri& base, const GcRules& rules, const core::Clock& clock);
core::Result<GcResult> apply_remote_gc(const GcPlan& plan);

}  // namespace runlake::rundir
