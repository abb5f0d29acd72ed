// SPDX-License-Identifier: Apache-2.0
// A packed segment: many entries and what stands beside them in one immutable file, named by the SHA-256 of its bytes (docs/formats/ledger.md).
//
//   ledger/packs/<64 hex>.jsonl.gz, unpacked:
//     {"schema":"runlake.pack/1","entries":2}
//     {"id":"<id>","entry":{...}}
//     {"id":"<id>","entry":{...},"extra":{...}}          by id, each once; the entries' JSON without white space
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace runlake::ledger {

inline constexpr std::string_view k_pack_schema = "runlake.pack/1";
inline constexpr std::string_view k_pack_ending = ".jsonl.gz";
inline constexpr std::size_t k_most_in_pack = 16384;                // a new one is begun then, so that several threads read
inline constexpr std::uint64_t k_most_pack_bytes = 64U << 20U;      // unpacked

struct PackedEntry {
    std::string_view id;
    std::string_view entry;
    std::string_view extra;       // "" when there is none
};

struct PackFile {
    std::string name;             // "<64 hex>.jsonl.gz"
    std::string bytes;
};
// As many as are needed. `entries` are by id, their texts compact JSON.
std::vector<PackFile> make_packs(const std::vector<PackedEntry>& entries);

// Unpacks a file that is kept under `name`. Errc::corrupt: the name is not the digest of the bytes (somebody edited it), damaged. Errc::unsupported: a later schema.
core::Result<std::string> unpack(std::string_view name, std::string_view bytes);
// The entries of an unpacked text; they point into it. What they say is not looked at. Errc::corrupt, unsupported.
core::Result<std::vector<PackedEntry>> read_pack(std::string_view text);

}  // namespace runlake::ledger
