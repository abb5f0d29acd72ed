// SPDX-License-Identifier: Apache-2.0
// Webhooks: an ended run as a signed JSON document.
#pragma once

#include <string>
#include <string_view>

#include "observe/run_feed.hpp"

namespace runlake::observe {

// {"version":1,"event":"run.<state>","delivery":"<run_id>/<state>",...}: ids, stage, tenant, state, times, duration, counters, error head, tags and metrics. No argv, no
// params, no paths: they may say more than the receiver should know. `delivery` is equal when a run is told again, so that a receiver can drop the second.
std::string webhook_body(const EndedRun& run);

// HMAC-SHA256 (RFC 2104) of "<timestamp>.<body>", 64 hex digits. Sent as "Runlake-Signature: t=<unix seconds>,v1=<hex>": the receiver computes it again with
// the shared secret, compares in constant time, and refuses old timestamps.
std::string webhook_signature(std::string_view secret, std::int64_t unix_seconds, std::string_view body);
std::string hmac_sha256_hex(std::string_view key, std::string_view message);

}  // namespace runlake::observe
