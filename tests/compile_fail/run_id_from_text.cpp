// SPDX-License-Identifier: Apache-2.0
// Only parse() makes a run id of a text.
#include "core/ids.hpp"

std::string use(std::string text) {
#ifdef RUNLAKE_MISUSE
    runlake::core::RunId id = text;
    return id.str();
#else
    auto id = runlake::core::RunId::parse(text);
    return id.ok() ? id.value().str() : text;
#endif
}
