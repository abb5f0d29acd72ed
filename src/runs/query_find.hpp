// SPDX-License-Identifier: Apache-2.0
// Finding the one run that a user means by an id or the beginning of one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

// `text` is a whole id or a prefix (core::RunIdPrefix). Errc::usage: empty or no id (wildcards mean nothing). Errc::not_found: no such run of this tenant.
// Errc::conflict: several runs begin so; the message lists them, newest first, ten at most.
core::Result<core::RunId> find_run(sql::Connection& connection, std::string_view text, const std::optional<std::string>& tenant);

}  // namespace runlake::runs
