// SPDX-License-Identifier: Apache-2.0
// Any bytes as a shard of the digest cache, bare and with a right frame around them: what reads is written again as the same.
#include "core/digest.hpp"
#include "fingerprint/digest_cache.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

void check(std::string_view bytes) {
    const auto entries = runlake::fingerprint::read_shard(bytes);
    if (!entries.ok()) { return; }
    DEMAND(runlake::fingerprint::write_shard(entries.value()) == bytes);
}

}  // namespace

RUNLAKE_FUZZ {
    check(text);
    std::string framed = "runlake digests 1\n" + std::string(text);
    const std::uint32_t sum = runlake::core::crc32(framed);
    for (unsigned shift = 0; shift < 32; shift += 8) { framed += static_cast<char>(sum >> shift & 0xffU); }
    check(framed);
}
