// SPDX-License-Identifier: Apache-2.0
// The closed table of error codes: exit status and name.
#include "core/result.hpp"

namespace runlake::core {

// Switches without default: a new code does not compile without warnings until it stands in both.
int exit_status(Errc code) {
    switch (code) {
        case Errc::usage: return 2;
        case Errc::not_found: return 3;
        case Errc::conflict: return 4;
        case Errc::busy: return 5;
        case Errc::corrupt: return 6;
        case Errc::unsupported: return 7;
        case Errc::io: return 8;
        case Errc::internal: return 70;
        case Errc::interrupted: return 130;
    }
    return 70;
}

std::string_view errc_name(Errc code) {
    switch (code) {
        case Errc::usage: return "usage";
        case Errc::not_found: return "not_found";
        case Errc::conflict: return "conflict";
        case Errc::busy: return "busy";
        case Errc::corrupt: return "corrupt";
        case Errc::unsupported: return "unsupported";
        case Errc::io: return "io";
        case Errc::internal: return "internal";
        case Errc::interrupted: return "interrupted";
    }
    return "internal";
}

}  // namespace runlake::core
