// SPDX-License-Identifier: Apache-2.0
// What is read of a signac project's configuration file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace runlake::jobs {

struct Config {
    std::optional<std::int64_t> schema;
    std::optional<std::string> workspace_dir;   // of signac 1
};

// Lines "name = value" before the first [section]; names that it does not know are passed over. Errc::corrupt with the line.
core::Result<Config> parse_config(std::string_view text, std::string_view what);

}  // namespace runlake::jobs
