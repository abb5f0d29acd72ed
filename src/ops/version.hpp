// SPDX-License-Identifier: Apache-2.0
// What this build is: its version and those of the formats it writes.
#pragma once

#include <map>
#include <string>

namespace runlake::ops {

struct Version {
    std::string version;                  // "0.1.0"
    std::string compiler;                 // "GCC 12.2.0"
    std::string system;                   // "Linux x86_64"
    std::map<std::string, int> formats;   // format name to the number this build writes
};

Version version();

}  // namespace runlake::ops
