// SPDX-License-Identifier: Apache-2.0
// Reading and making of job ids.
#include "core/job_id.hpp"

#include "core/digest.hpp"
#include "core/hex.hpp"
#include "core/text.hpp"

namespace runlake::core {

Result<JobId> JobId::parse(std::string_view text) {
    if (text.size() != 32 || !is_hex(text)) { return Error(Errc::usage, cat("\"", valid_utf8(text), "\" is no job id (32 lower-case hex digits)")); }
    return JobId(std::string(text));
}

Result<JobId> JobId::of(const Json& state_point) {
    RL_ASSIGN(const std::string canonical, canonical_json(state_point));
    return JobId(md5_hex(canonical));
}

}  // namespace runlake::core
