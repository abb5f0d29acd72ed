// SPDX-License-Identifier: Apache-2.0
// A prefix that a user typed is no run id.
#include "core/ids.hpp"

bool use(const runlake::core::RunId& id, const runlake::core::RunIdPrefix& prefix) {
#ifdef RUNLAKE_MISUSE
    return id == prefix;
#else
    return prefix.matches(id);
#endif
}
