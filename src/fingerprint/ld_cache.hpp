// SPDX-License-Identifier: Apache-2.0
// Reads the dynamic loader's cache (/etc/ld.so.cache of glibc): which library a name means on this system.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fingerprint/environment_parts.hpp"

namespace runlake::fingerprint {

struct LdEntry {
    std::string soname;   // "libopenblas.so.0"
    std::string path;
};
// The entries of the new format ("glibc-ld.so.cache1.1", alone or behind an old one), as far as they can be read; none for anything else.
std::vector<LdEntry> parse_ld_cache(std::string_view bytes);

// The libraries whose names begin with one of these, as a three-state list of "<name> -> <folder>/<file>", links followed, only the last folder kept.
core::Json library_list(Probe& probe, const std::vector<std::string_view>& prefixes);

}  // namespace runlake::fingerprint
