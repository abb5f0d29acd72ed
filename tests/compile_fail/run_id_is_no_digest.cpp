// SPDX-License-Identifier: Apache-2.0
// A run id is no digest.
#include "core/digest.hpp"
#include "core/ids.hpp"

bool use(const runlake::core::RunId& id, const runlake::core::Digest& digest) {
#ifdef RUNLAKE_MISUSE
    return id == digest;
#else
    return id.str() != digest.hex();
#endif
}
