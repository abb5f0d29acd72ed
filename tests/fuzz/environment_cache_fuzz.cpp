// SPDX-License-Identifier: Apache-2.0
// Any bytes as the kept environment (bare and with a right checksum) and as the loader's cache.
#include <array>
#include <cstdio>

#include "core/digest.hpp"
#include "fingerprint/environment_cache.hpp"
#include "fingerprint/ld_cache.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

std::string framed(std::string_view head, std::string_view text) {
    std::string out = std::string(head) + std::string(text);
    std::array<char, 16> line{};
    std::snprintf(line.data(), line.size(), "crc %08x\n", static_cast<unsigned>(runlake::core::crc32(out)));
    return out + line.data();
}

void check(std::string_view text) {
    const auto summary = runlake::fingerprint::read_summary(text);
    // Doublets of a path are dropped, so that only what was written by us comes back as the same bytes.
    if (summary.ok()) { DEMAND(runlake::fingerprint::read_summary(runlake::fingerprint::write_summary(summary.value())).ok()); }
    const auto groups = runlake::fingerprint::read_groups(text);
    if (groups.ok()) { DEMAND(runlake::fingerprint::read_groups(runlake::fingerprint::write_groups(groups.value())).ok()); }
}

}  // namespace

RUNLAKE_FUZZ {
    check(text);
    check(framed("runlake environment cache 1\n", text));
    check(framed("runlake environment groups 1\n", text));
    for (const auto& entry : runlake::fingerprint::parse_ld_cache(text)) {
        DEMAND(!entry.soname.empty() && entry.path.starts_with('/'));
    }
}
