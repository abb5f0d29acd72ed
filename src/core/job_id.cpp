// SPDX-License-Identifier: Apache-2.0
// Reading and making of job ids.
#include "core/job_id.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/text.hpp"

namespace runlake::core {

Result<JobId> JobId::parse(std::string_view text) {
    const bool hex = std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (text.size() != 32 || !hex) { return Error(Errc::usage, cat("\"", valid_utf8(text), "\" is no job id (32 lower-case hex digits)")); }
    return JobId(std::string(text));
}

Result<JobId> JobId::of(const Json& state_point) {
    RL_ASSIGN(const std::string canonical, canonical_json(state_point));
    return JobId(md5_hex(canonical));
}

}  // namespace runlake::core
