// SPDX-License-Identifier: Apache-2.0
// Bytes become a run id by from_random() alone, which sets its version.
#include "core/ids.hpp"

std::string use(std::array<std::uint8_t, 16> bytes) {
#ifdef RUNLAKE_MISUSE
    return runlake::core::RunId(bytes).str();
#else
    return runlake::core::RunId::from_random(bytes).str();
#endif
}
