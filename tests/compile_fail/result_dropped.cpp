// SPDX-License-Identifier: Apache-2.0
// A Status cannot be dropped without a word.
#include "core/result.hpp"

runlake::core::Status save();

void use() {
#ifdef RUNLAKE_MISUSE
    save();
#else
    (void)save();
#endif
}
