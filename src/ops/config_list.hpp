// SPDX-License-Identifier: Apache-2.0
// Every setting with its value and where the value comes from.
#pragma once

#include <string>
#include <vector>

#include "record/settings.hpp"

namespace runlake::ops {

struct ConfigEntry {
    std::string key;
    std::string value;
    std::string origin;   // "flag", "environment", "project", "user", "default"
    std::string where;    // variable name, "file:line", or ""
    std::string variable; // the environment variable that would set it
    std::string help;
};

// In the order of the table of settings. Values of settings whose name says that they are secret are not shown.
std::vector<ConfigEntry> config_list(const record::Settings& settings);

}  // namespace runlake::ops
