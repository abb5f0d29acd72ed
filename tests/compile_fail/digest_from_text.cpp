// SPDX-License-Identifier: Apache-2.0
// A text in hex is no digest before it is parsed.
#include "core/digest.hpp"

bool use(const runlake::core::Digest& digest, std::string_view hex) {
#ifdef RUNLAKE_MISUSE
    return digest == hex;
#else
    return digest.hex() == hex;
#endif
}
