// SPDX-License-Identifier: Apache-2.0
// The value of a Result that has no name cannot be read: nobody has tested it.
#include "core/result.hpp"

runlake::core::Result<int> f();

int use() {
#ifdef RUNLAKE_MISUSE
    return f().value();
#else
    auto result = f();
    return result.ok() ? result.value() : 0;
#endif
}
