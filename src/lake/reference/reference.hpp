// SPDX-License-Identifier: Apache-2.0
// A reference: how often each family of tactics worked in explicitly chosen runs, and its name, which follows from those runs alone. Format: docs/formats/lake-reference.md. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "metrics/k.hpp"

namespace runlake::lake {

inline constexpr std::string_view k_goal_outcomes = "goal_outcomes";     // the one kind there is
inline constexpr std::size_t k_digest_digits = 64;                       // of a run_uid, a search_uid, the digest of a file
inline constexpr std::uint64_t k_most_reference_bytes = 256U << 20U;     // of an artifact when unpacked

struct ReferenceMember {
    std::string run_uid;
    std::string goal_cache_sha256;  // of the file's bytes; "" where the run had no outcomes
    bool operator==(const ReferenceMember&) const = default;
};

struct Reference {
    double alpha = 1;                      // above 0
    core::Json meta;                       // an object or null
    std::vector<ReferenceMember> members;  // by run_uid, each once
    metrics::OutcomeTable outcomes;
};

// 16 hex digits over kind, members, alpha, families and meta: the same on every machine. Errc::usage: meta holds what JSON can't.
core::Result<std::string> reference_id(const Reference& reference);
// The artifact before it is packed: equal references have equal bytes. Errc::usage: larger than k_most_reference_bytes.
core::Result<std::string> reference_text(const Reference& reference);
// Errc::corrupt: it is none, or its numbers contradict each other. Errc::unsupported: of a newer schema, another kind, or over other families.
core::Result<Reference> parse_reference(std::string_view text, std::string_view what);

}  // namespace runlake::lake
